#include "base/crc.h"

#include <array>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace base {
namespace {

constexpr std::array<std::uint32_t, 256> crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}

constexpr std::array<std::uint16_t, 256> crc16_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i << 8;
    for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value & 0x8000) != 0 ? 0x1021U : 0U);
    table[i] = static_cast<std::uint16_t>(value);
  }
  return table;
}

constexpr std::array<std::uint64_t, 256> crc64_table() {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) != 0 ? 0x95AC9329AC4BC9B5ULL : 0ULL);
    table[static_cast<std::size_t>(i)] = value;
  }
  return table;
}

constexpr auto kCrc32c = crc32c_table();
constexpr auto kCrc16 = crc16_table();
constexpr auto kCrc64 = crc64_table();

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t value = ~seed;
#if defined(__SSE4_2__)
  std::uint64_t wide = value;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bytes.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    bytes.remove_prefix(8);
  }
  value = static_cast<std::uint32_t>(wide);
#endif
  for (const char c : bytes)
    value = kCrc32c[(value ^ static_cast<unsigned char>(c)) & 0xFF] ^ (value >> 8);
  return ~value;
}

std::uint16_t crc16(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes)
    value = ((value << 8) & 0xFFFF) ^ kCrc16[(value >> 8) ^ static_cast<unsigned char>(c)];
  return static_cast<std::uint16_t>(value);
}

std::uint64_t crc64(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t value = seed;
  for (const char c : bytes)
    value = kCrc64[(value ^ static_cast<unsigned char>(c)) & 0xFF] ^ (value >> 8);
  return value;
}

std::uint16_t key_slot(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  return static_cast<std::uint16_t>(crc16(key) & 0x3FFF);
}

}  // namespace base
