#include "engine/types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "engine/types/hyperloglog_runs.h"

namespace engine::hyperloglog {
namespace {

constexpr std::uint32_t kIndexBits = 14;
constexpr std::uint32_t kRankBits = 64 - kIndexBits;
constexpr std::uint32_t kRegisterBits = 6;
constexpr std::size_t kEncodingAt = 4;
constexpr std::size_t kCountAt = 8;
constexpr std::size_t kDenseBytes = kHeaderBytes + (kRegisters * kRegisterBits + 7) / 8;
constexpr char kDense = 0, kSparse = 1;
constexpr std::uint64_t kHashSeed = 0xadc83b19ULL;
constexpr std::uint64_t kStaleBit = 1ULL << 63;

using Histogram = std::array<std::uint32_t, 64>;  // registers of each value

std::uint64_t load_word(const char* at, std::size_t bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return word;
}

// MurmurHash64A, by A. Appleby (public domain), for words whose lowest byte comes first.
std::uint64_t hash_of(std::string_view element) {
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995ULL;
  std::uint64_t hash = kHashSeed ^ (element.size() * kFactor);
  while (element.size() >= 8) {
    std::uint64_t word = load_word(element.data(), 8) * kFactor;
    word = (word ^ (word >> 47)) * kFactor;
    hash = (hash ^ word) * kFactor;
    element.remove_prefix(8);
  }
  if (!element.empty()) hash = (hash ^ load_word(element.data(), element.size())) * kFactor;
  hash = (hash ^ (hash >> 47)) * kFactor;
  return hash ^ (hash >> 47);
}

std::uint8_t dense_register(std::string_view bytes, std::uint32_t index) {
  const std::size_t bit = std::size_t{index} * kRegisterBits;
  const std::size_t at = kHeaderBytes + bit / 8;
  const std::uint64_t pair = load_word(bytes.data() + at, at + 1 < bytes.size() ? 2 : 1);
  return static_cast<std::uint8_t>(pair >> (bit % 8) & 63U);
}

void set_dense_register(std::string& bytes, std::uint32_t index, std::uint8_t value) {
  const std::size_t bit = std::size_t{index} * kRegisterBits;
  const std::size_t at = kHeaderBytes + bit / 8;
  const std::size_t touched = at + 1 < bytes.size() ? 2 : 1;
  std::uint64_t pair = load_word(bytes.data() + at, touched);
  pair = (pair & ~(63ULL << (bit % 8))) | static_cast<std::uint64_t>(value) << (bit % 8);
  for (std::size_t i = 0; i < touched; ++i)
    bytes[at + i] = static_cast<char>(static_cast<unsigned char>(pair >> (8 * i)));
}

Outcome raise_dense(std::string& bytes, std::uint32_t index, std::uint8_t value) {
  if (dense_register(bytes, index) >= value) return Outcome::kUnchanged;
  set_dense_register(bytes, index, value);
  return Outcome::kChanged;
}

// Ertl's sigma and tau: sums of series, until they stay the same.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double factor = 1, sum = x, before = 0;
  do {
    x *= x;
    before = sum;
    sum += x * factor;
    factor += factor;
  } while (before != sum);
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double factor = 1, sum = 1 - x, before = 0;
  do {
    x = std::sqrt(x);
    before = sum;
    factor *= 0.5;
    sum -= (1 - x) * (1 - x) * factor;
  } while (before != sum);
  return sum / 3;
}

std::uint64_t estimate(const Histogram& histogram) {
  constexpr double kHalfOverLogTwo = 0.721347520444481703680;
  constexpr double kCount = kRegisters;
  double sum = kCount * tau((kCount - histogram[kRankBits + 1]) / kCount);
  for (std::uint32_t value = kRankBits; value >= 1; --value) {
    sum += histogram[value];
    sum *= 0.5;
  }
  sum += kCount * sigma(histogram[0] / kCount);
  const auto rounded =
      std::llroundl(static_cast<long double>(kHalfOverLogTwo * kCount * kCount / sum));
  return static_cast<std::uint64_t>(rounded);
}

// Calls `visit(run)` for each run; false: they do not cover the registers exactly.
template <class Visit>
bool for_each_run(std::string_view bytes, Visit visit) {
  std::uint32_t covered = 0;
  for (std::size_t at = kHeaderBytes; at < bytes.size();) {
    const Run run = run_at(bytes, at);
    if (run.length > kRegisters - covered) return false;
    visit(covered, run);
    covered += run.length;
    at += run.bytes;
  }
  return covered == kRegisters;
}

}  // namespace

std::string make() {
  std::string bytes("HYLL");
  bytes.push_back(kSparse);
  bytes.append(kHeaderBytes - bytes.size(), '\0');
  append_zeros(bytes, kRegisters);
  return bytes;
}

bool is_one(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with("HYLL")) return false;
  if (bytes[kEncodingAt] != kDense && bytes[kEncodingAt] != kSparse) return false;
  return bytes[kEncodingAt] == kSparse || bytes.size() == kDenseBytes;
}

bool is_dense(std::string_view bytes) { return bytes[kEncodingAt] == kDense; }

RegisterValue register_of(std::string_view element) {
  const std::uint64_t hash = hash_of(element);
  const std::uint64_t rest = hash >> kIndexBits | 1ULL << kRankBits;
  return {static_cast<std::uint32_t>(hash & (kRegisters - 1)),
          static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

Outcome add(std::string& bytes, std::string_view element, std::uint64_t sparse_bytes_max) {
  const RegisterValue place = register_of(element);
  return raise(bytes, place.index, place.value, sparse_bytes_max);
}

Outcome raise(std::string& bytes, std::uint32_t index, std::uint8_t value,
              std::uint64_t sparse_bytes_max) {
  if (is_dense(bytes)) return raise_dense(bytes, index, value);
  switch (raise_in_runs(bytes, index, value, sparse_bytes_max)) {
    case RunsOutcome::kUnchanged: return Outcome::kUnchanged;
    case RunsOutcome::kCorrupt: return Outcome::kCorrupt;
    case RunsOutcome::kNoRoom:
      return make_dense(bytes) ? raise_dense(bytes, index, value) : Outcome::kCorrupt;
    case RunsOutcome::kChanged: break;
  }
  make_stale(bytes);
  return Outcome::kChanged;
}

bool make_dense(std::string& bytes) {
  if (is_dense(bytes)) return true;
  std::string dense(kDenseBytes, '\0');
  std::copy_n(bytes.begin(), kHeaderBytes, dense.begin());
  dense[kEncodingAt] = kDense;
  const bool is_whole = for_each_run(bytes, [&dense](std::uint32_t first, const Run& run) {
    if (run.value == 0) return;
    for (std::uint32_t i = 0; i < run.length; ++i) set_dense_register(dense, first + i, run.value);
  });
  if (is_whole) bytes = std::move(dense);
  return is_whole;
}

std::optional<std::uint64_t> kept_count(std::string_view bytes) {
  const std::uint64_t kept = load_word(bytes.data() + kCountAt, 8);
  return (kept & kStaleBit) != 0 ? std::nullopt : std::optional(kept);
}

void keep_count(std::string& bytes, std::uint64_t count) {
  for (std::size_t i = 0; i < 8; ++i)
    bytes[kCountAt + i] = static_cast<char>(static_cast<unsigned char>(count >> (8 * i)));
}

void make_stale(std::string& bytes) {
  char& highest = bytes[kCountAt + 7];
  highest = static_cast<char>(static_cast<unsigned char>(highest) | 0x80U);
}

std::optional<std::uint64_t> count(std::string_view bytes) {
  Histogram histogram{};
  if (is_dense(bytes)) {
    for (std::uint32_t i = 0; i < kRegisters; ++i) ++histogram[dense_register(bytes, i)];
    return estimate(histogram);
  }
  const bool is_whole = for_each_run(
      bytes, [&](std::uint32_t, const Run& run) { histogram[run.value] += run.length; });
  return is_whole ? std::optional(estimate(histogram)) : std::nullopt;
}

std::uint64_t count(const Registers& registers) {
  Histogram histogram{};
  for (const std::uint8_t value : registers) ++histogram[value & 63U];
  return estimate(histogram);
}

bool merge(std::string_view bytes, Registers& registers) {
  if (is_dense(bytes)) {
    for (std::uint32_t i = 0; i < kRegisters; ++i)
      registers[i] = std::max(registers[i], dense_register(bytes, i));
    return true;
  }
  return for_each_run(bytes, [&registers](std::uint32_t first, const Run& run) {
    for (std::uint32_t i = first; i < first + run.length; ++i)
      registers[i] = std::max(registers[i], run.value);
  });
}

std::string decoded(std::string_view bytes) {
  std::string text;
  for (std::size_t at = kHeaderBytes; at < bytes.size();) {
    const Run run = run_at(bytes, at);
    if (!text.empty()) text += ' ';
    const std::string length = std::to_string(run.length);
    if (run.value == 0) text += (run.bytes == 2 ? "Z:" : "z:") + length;
    if (run.value != 0) text += "v:" + std::to_string(run.value) + "," + length;
    at += run.bytes;
  }
  return text;
}

}  // namespace engine::hyperloglog
