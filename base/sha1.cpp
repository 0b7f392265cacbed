#include "base/sha1.h"

#include <array>
#include <bit>
#include <cstdint>

#include "base/sha_blocks.h"

namespace base {
namespace {

using Words = std::array<std::uint32_t, 5>;

// FIPS 180-4, 6.1.2.
void add_block(Words& state, std::string_view block) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 16; ++i) w[i] = sha::word_at(block, 4 * i);
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

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  return sha::hex(Words{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, bytes,
                  add_block);
}

}  // namespace base
