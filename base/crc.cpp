#include "base/crc.h"

#include <array>
#include <bit>

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

// tables[n]: what a byte does to the value when n further bytes follow it in the same word.
constexpr std::array<std::array<std::uint64_t, 256>, 8> crc64_tables() {
  std::array<std::array<std::uint64_t, 256>, 8> tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) != 0 ? 0x95AC9329AC4BC9B5ULL : 0ULL);
    tables[0][static_cast<std::size_t>(i)] = value;
  }
  for (std::size_t n = 1; n < 8; ++n) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint64_t before = tables[n - 1][i];
      tables[n][i] = tables[0][before & 0xFF] ^ (before >> 8);
    }
  }
  return tables;
}

constexpr auto kCrc32c = crc32c_table();
constexpr auto kCrc16 = crc16_table();
constexpr auto kCrc64 = crc64_tables();

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
  if constexpr (std::endian::native == std::endian::little) {
    while (bytes.size() >= 8) {
      std::uint64_t word = 0;
      __builtin_memcpy(&word, bytes.data(), 8);
      word ^= value;
      value = 0;
      for (std::size_t n = 0; n < 8; ++n) value ^= kCrc64[7 - n][(word >> (8 * n)) & 0xFF];
      bytes.remove_prefix(8);
    }
  }
  for (const char c : bytes)
    value = kCrc64[0][(value ^ static_cast<unsigned char>(c)) & 0xFF] ^ (value >> 8);
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
