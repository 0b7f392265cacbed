// A control byte below 32 says: that many bytes and one more follow as they are. Else its upper
// three bits say how long a reference is (7: another byte is to be added), 2 less than it is, and
// its lower five bits with one more byte how far back it begins, 1 less than it is.
#include "engine/rdb/lzf.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace engine::rdb {
namespace {

constexpr std::size_t kRunMax = 32, kDistanceMax = 8192, kMatchMin = 3, kMatchMax = 264;
constexpr std::size_t kLongLength = 7;
constexpr std::size_t kExpansionMax = 88;  // 264 bytes out of 3

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint32_t three_at(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
}

class Compressor {
 public:
  explicit Compressor(std::string_view in)
      : in_(in),
        slot_bits_(std::clamp(static_cast<int>(std::bit_width(in.size())), 4, 14)),
        last_seen_(std::size_t{1} << slot_bits_) {}

  // nullopt once it has more than `bytes_max` bytes.
  std::optional<std::string> run(std::size_t bytes_max) {
    std::size_t at = 0, run_begin = 0;
    while (at + kMatchMin <= in_.size() && out_.size() + (at - run_begin) <= bytes_max) {
      const std::size_t before = look_up(at);
      if (before == at) {
        ++at;
        continue;
      }
      put_run(run_begin, at);
      const std::size_t size = match_size(before, at);
      put_reference(at - before, size);
      for (std::size_t i = at + 1; i < at + size && i + kMatchMin <= in_.size(); ++i) look_up(i);
      run_begin = at += size;
    }
    put_run(run_begin, in_.size());
    if (out_.size() > bytes_max) return {};
    return std::move(out_);
  }

 private:
  // Where the three bytes at `at` were before, near enough; `at` if nowhere. Notes that they are
  // here.
  std::size_t look_up(std::size_t at) {
    const std::uint32_t three = three_at(in_, at);
    std::uint32_t& slot = last_seen_[(three * 2654435761U) >> (32 - slot_bits_)];
    const std::size_t before = slot == 0 ? at : slot - 1;
    slot = static_cast<std::uint32_t>(at) + 1;
    return at - before <= kDistanceMax && three_at(in_, before) == three ? before : at;
  }

  [[nodiscard]] std::size_t match_size(std::size_t before, std::size_t at) const {
    const std::size_t size_max = std::min(kMatchMax, in_.size() - at);
    std::size_t size = kMatchMin;
    while (size < size_max && in_[before + size] == in_[at + size]) ++size;
    return size;
  }

  void put_run(std::size_t begin, std::size_t end) {
    for (; begin < end; begin += kRunMax) {
      const std::size_t size = std::min(kRunMax, end - begin);
      out_.push_back(static_cast<char>(size - 1));
      out_.append(in_.substr(begin, size));
    }
  }

  void put_reference(std::size_t distance, std::size_t size) {
    const std::size_t length = size - 2;
    out_.push_back(static_cast<char>(std::min(length, kLongLength) << 5 | (distance - 1) >> 8));
    if (length >= kLongLength) out_.push_back(static_cast<char>(length - kLongLength));
    out_.push_back(static_cast<char>(distance - 1));
  }

  std::string_view in_;
  int slot_bits_;
  std::vector<std::uint32_t> last_seen_;  // by hash of three bytes: position + 1
  std::string out_;
};

}  // namespace

std::optional<std::string> lzf_compress(std::string_view bytes, std::size_t saved_bytes_min) {
  if (bytes.size() <= saved_bytes_min || bytes.size() >= UINT32_MAX) return {};
  return Compressor(bytes).run(bytes.size() - saved_bytes_min);
}

std::optional<std::string> lzf_decompress(std::string_view in, std::uint64_t size) {
  if (size / kExpansionMax > in.size()) return {};
  std::string out;
  out.reserve(size);
  for (std::size_t at = 0; at < in.size();) {
    const std::size_t control = byte_at(in, at++);
    if (control < kRunMax) {
      if (control + 1 > in.size() - at || control + 1 > size - out.size()) return {};
      out.append(in.substr(at, control + 1));
      at += control + 1;
      continue;
    }
    std::size_t length = control >> 5;
    if (in.size() - at < (length == kLongLength ? 2U : 1U)) return {};
    if (length == kLongLength) length += byte_at(in, at++);
    const std::size_t distance = ((control & 31) << 8 | byte_at(in, at++)) + 1;
    if (distance > out.size() || length + 2 > size - out.size()) return {};
    for (std::size_t left = length + 2; left > 0; --left) out.push_back(out[out.size() - distance]);
  }
  if (out.size() != size) return {};
  return out;
}

}  // namespace engine::rdb
