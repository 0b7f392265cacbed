#include "engine/rdb/wire.h"

#include <bit>
#include <limits>

#include "base/number.h"
#include "engine/rdb/lzf.h"

namespace engine::rdb {
namespace {

// The upper two bits of a first byte say what follows.
constexpr std::uint8_t kBits14 = 0x40, kBits32 = 0x80, kBits64 = 0x81, kSpecial = 0xC0;
// Special strings.
constexpr std::uint8_t kInteger8 = 0, kInteger32 = 2, kCompressed = 3;

constexpr std::size_t kIntegerDigitsMax = 11;
constexpr std::size_t kIncompressibleBytesMax = 20;  // Redis does not try below
constexpr std::size_t kSavedBytesMin = 4;
constexpr std::uint64_t kStringBytesMax = 1ULL << 30;  // Redis makes none, and no listpack, above
// Instead of the length of a score's text.
constexpr std::uint8_t kNan = 253, kInfinity = 254, kMinusInfinity = 255;

void put_byte(std::string& out, std::uint64_t value) { out.push_back(static_cast<char>(value)); }

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) put_byte(out, value >> shift);
}

void put_integer(std::string& out, std::int64_t value) {
  const int kind = value >= INT8_MIN && value <= INT8_MAX     ? 0
                   : value >= INT16_MIN && value <= INT16_MAX ? 1
                                                              : 2;
  put_byte(out, kSpecial | static_cast<unsigned>(kind));
  for (int i = 0; i < 1 << kind; ++i) put_byte(out, static_cast<std::uint64_t>(value) >> (8 * i));
}

bool put_compressed(std::string& out, std::string_view bytes) {
  const auto compressed = lzf_compress(bytes, kSavedBytesMin);
  if (!compressed) return false;
  put_byte(out, kSpecial | kCompressed);
  put_length(out, compressed->size());
  put_length(out, bytes.size());
  out.append(*compressed);
  return true;
}

}  // namespace

void put_length(std::string& out, std::uint64_t length) {
  if (length < 64) return put_byte(out, length);
  if (length < 16384) return put_big_endian(out, static_cast<unsigned>(kBits14) << 8 | length, 2);
  const bool is_short = length <= UINT32_MAX;
  put_byte(out, is_short ? kBits32 : kBits64);
  put_big_endian(out, length, is_short ? 4 : 8);
}

void put_string(std::string& out, std::string_view bytes, Compression compression) {
  if (bytes.size() <= kIntegerDigitsMax) {
    const auto number = base::parse_integer(bytes);
    if (number && *number >= INT32_MIN && *number <= INT32_MAX) return put_integer(out, *number);
  }
  const bool compresses =
      compression == Compression::kLzf && bytes.size() > kIncompressibleBytesMax;
  if (compresses && put_compressed(out, bytes)) return;
  put_length(out, bytes.size());
  out.append(bytes);
}

void put_u64(std::string& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) put_byte(out, value >> (8 * i));
}

void put_double(std::string& out, double value) {
  put_u64(out, std::bit_cast<std::uint64_t>(value));
}

void put_stream_id(std::string& out, const StreamId& id) {
  put_big_endian(out, id.ms, 8);
  put_big_endian(out, id.seq, 8);
}

// ---- reading ----

std::string_view Reader::raw(std::uint64_t size) {
  if (!ok_ || size > in_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view view = in_.substr(0, static_cast<std::size_t>(size));
  in_.remove_prefix(static_cast<std::size_t>(size));
  return view;
}

std::uint64_t Reader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (const char byte : raw(size)) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

std::uint64_t Reader::little_endian(std::size_t size) {
  const std::string_view bytes = raw(size);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::string Reader::fail() {
  ok_ = false;
  return {};
}

std::uint8_t Reader::byte() { return static_cast<std::uint8_t>(little_endian(1)); }
std::uint64_t Reader::u64() { return little_endian(8); }
double Reader::binary_double() { return std::bit_cast<double>(u64()); }

std::uint64_t Reader::length() {
  const std::uint8_t first = byte();
  switch (first & kSpecial) {
    case kBits14: return (first & 0x3FULL) << 8 | byte();
    case kBits32:
      if (first == kBits32) return big_endian(4);
      if (first == kBits64) return big_endian(8);
      ok_ = false;
      return 0;
    default: return first & 0x3FU;  // Redis does not mind the upper bits of a special string here
  }
}

std::uint64_t Reader::count(std::size_t bytes_each) {
  const std::uint64_t count = length();
  if (count > in_.size() / bytes_each) ok_ = false;
  return ok_ ? count : 0;
}

std::string Reader::string() {
  const bool is_special =
      !in_.empty() && (static_cast<std::uint8_t>(in_[0]) & kSpecial) == kSpecial;
  if (!is_special) return std::string(raw(length()));
  const std::uint8_t kind = byte() & 0x3F;
  if (kind <= kInteger32) return integer_string(kind);
  return kind == kCompressed ? compressed_string() : fail();
}

std::string Reader::integer_string(std::uint8_t kind) {
  const std::uint64_t bits = little_endian(std::size_t{1} << (kind - kInteger8));
  if (!ok_) return {};
  const unsigned unused = 64 - (8U << kind);
  return base::integer_text(static_cast<std::int64_t>(bits << unused) >> unused);
}

std::string Reader::compressed_string() {
  const std::uint64_t compressed_bytes = length(), bytes = length();
  const std::string_view compressed = raw(compressed_bytes);
  if (!ok_ || compressed.empty() || bytes > kStringBytesMax) return fail();
  is_too_large_ = bytes > unpacked_left_;
  if (is_too_large_) return fail();
  unpacked_left_ -= bytes;
  auto made = lzf_decompress(compressed, bytes);
  return made ? std::move(*made) : fail();
}

double Reader::text_double() {
  const std::uint8_t size = byte();
  if (size == kInfinity) return std::numeric_limits<double>::infinity();
  if (size == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  const auto number = size == kNan ? std::nullopt : base::parse_double(raw(size));
  if (!number) ok_ = false;
  return number.value_or(0);
}

StreamId Reader::stream_id() {
  StreamId id;
  id.ms = big_endian(8);
  id.seq = big_endian(8);
  return id;
}

StreamId Reader::stream_id_in_lengths() {
  StreamId id;
  id.ms = length();
  id.seq = length();
  return id;
}

}  // namespace engine::rdb
