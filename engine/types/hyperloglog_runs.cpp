#include "engine/types/hyperloglog_runs.h"

#include <optional>

namespace engine::hyperloglog {
namespace {

constexpr std::uint8_t kRunValueMax = 32;
constexpr std::uint32_t kValueRunMax = 4;
constexpr std::uint32_t kShortZerosMax = 64;
constexpr int kRunsJoined = 5;  // at most so many are looked at behind a change

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

char value_run(std::uint8_t value, std::uint32_t length) {
  return static_cast<char>(static_cast<unsigned char>(0x80U | (value - 1U) << 2U | (length - 1U)));
}

void append_run(std::string& out, std::uint8_t value, std::uint32_t length) {
  if (length == 0) return;
  value == 0 ? append_zeros(out, length) : out.push_back(value_run(value, length));
}

// Where the run with a register stands, and the one before it.
struct Found {
  std::size_t at = 0, before = 0;
  std::uint32_t first = 0;
  Run run;
};

std::optional<Found> find_run(std::string_view bytes, std::uint32_t index) {
  Found found{.at = kHeaderBytes, .before = kHeaderBytes, .run = {}};
  while (found.at < bytes.size()) {
    found.run = run_at(bytes, found.at);
    if (index < found.first + found.run.length) return found;
    found.before = found.at;
    found.at += found.run.bytes;
    found.first += found.run.length;
  }
  return {};
}

// Neighbours of one value become one run where its length allows.
void join_runs(std::string& bytes, std::size_t at) {
  for (int looks = kRunsJoined; looks > 0 && at < bytes.size(); --looks) {
    const Run run = run_at(bytes, at);
    const std::size_t next_at = at + run.bytes;
    if (run.value != 0 && next_at < bytes.size()) {
      const Run next = run_at(bytes, next_at);
      if (next.value == run.value && run.length + next.length <= kValueRunMax) {
        bytes[next_at] = value_run(run.value, run.length + next.length);
        bytes.erase(at, 1);
        continue;
      }
    }
    at = next_at;
  }
}

}  // namespace

Run run_at(std::string_view bytes, std::size_t at) {
  const unsigned byte = byte_at(bytes, at);
  if ((byte & 0x80U) != 0)
    return {static_cast<std::uint8_t>((byte >> 2U & 31U) + 1U), (byte & 3U) + 1U, 1};
  if ((byte & 0x40U) == 0) return {0, (byte & 63U) + 1U, 1};
  return {0, ((byte & 63U) << 8U | byte_at(bytes, at + 1)) + 1U, 2};
}

void append_zeros(std::string& out, std::uint32_t length) {
  const std::uint32_t coded = length - 1;
  if (length > kShortZerosMax)
    out.push_back(static_cast<char>(static_cast<unsigned char>(0x40U | coded >> 8U)));
  out.push_back(static_cast<char>(static_cast<unsigned char>(coded)));
}

RunsOutcome raise_in_runs(std::string& bytes, std::uint32_t index, std::uint8_t value,
                          std::uint64_t bytes_max) {
  if (value > kRunValueMax) return RunsOutcome::kNoRoom;
  const auto found = find_run(bytes, index);
  if (!found) return RunsOutcome::kCorrupt;
  const Run& run = found->run;
  if (run.value >= value) return RunsOutcome::kUnchanged;
  std::string parts;
  append_run(parts, run.value, index - found->first);
  parts.push_back(value_run(value, 1));
  append_run(parts, run.value, found->first + run.length - 1 - index);
  const bool is_longer = parts.size() > run.bytes;
  if (is_longer && bytes.size() + parts.size() - run.bytes > bytes_max) return RunsOutcome::kNoRoom;
  bytes.replace(found->at, run.bytes, parts);
  join_runs(bytes, found->before);
  return RunsOutcome::kChanged;
}

}  // namespace engine::hyperloglog
