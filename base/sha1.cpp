#include "base/sha1.h"

#include <array>
#include <bit>
#include <cstdint>

namespace base {
namespace {

constexpr std::size_t kBlockBytes = 64, kLengthBytes = 8;
using Words = std::array<std::uint32_t, 5>;

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

// FIPS 180-4, 6.1.2.
void add_block(Words& state, std::string_view block) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 16; ++i) w[i] = word_at(block, 4 * i);
  for (std::size_t i = 16; i < 80; ++i)
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::uint32_t choice = (b & c) | (~b & d), parity = b ^ c ^ d;
    const std::uint32_t majority = (b & c) | (b & d) | (c & d);
    const std::uint32_t mixed = i < 20   ? choice + 0x5A827999
                                : i < 40 ? parity + 0x6ED9EBA1
                                : i < 60 ? majority + 0x8F1BBCDC
                                         : parity + 0xCA62C1D6;
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

std::string padded_tail(std::string_view tail, std::uint64_t size_bytes) {
  std::string last(tail);
  last.push_back('\x80');
  while (last.size() % kBlockBytes != kBlockBytes - kLengthBytes) last.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8)
    last.push_back(static_cast<char>((size_bytes * 8) >> shift));
  return last;
}

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  Words state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const std::uint64_t size_bytes = bytes.size();
  for (; bytes.size() >= kBlockBytes; bytes.remove_prefix(kBlockBytes)) add_block(state, bytes);
  const std::string last = padded_tail(bytes, size_bytes);
  for (std::size_t at = 0; at < last.size(); at += kBlockBytes)
    add_block(state, std::string_view(last).substr(at));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex.push_back(kDigits[(word >> shift) & 15]);
  }
  return hex;
}

}  // namespace base
