#include "engine/types/hash_secret.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace engine {
namespace {

struct SipState {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void take(std::uint64_t word) {
    d ^= word;
    round();
    a ^= word;
  }
};

std::uint64_t word_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);  // little-endian machines only
  return word;
}

// Up to seven bytes.
std::uint64_t rest_at(const char* at, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= std::uint64_t{static_cast<std::uint8_t>(at[i])} << (8 * i);
  return word;
}

}  // namespace

std::uint64_t HashSecret::hash_of(std::string_view bytes) const {
  SipState state{first ^ 0x736f6d6570736575ULL, second ^ 0x646f72616e646f6dULL,
                 first ^ 0x6c7967656e657261ULL, second ^ 0x7465646279746573ULL};
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) state.take(word_at(at));
  state.take(rest_at(at, left) | std::uint64_t{bytes.size()} << 56);
  state.c ^= 0xFF;
  for (int i = 0; i < 3; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

std::optional<HashSecret> HashSecret::parse(std::string_view digits) {
  if (digits.size() != 32) return {};
  HashSecret secret;
  const auto word = [&digits](std::size_t begin, std::uint64_t& into) {
    const char* const end = digits.data() + begin + 16;
    const auto [stop, error] = std::from_chars(digits.data() + begin, end, into, 16);
    return error == std::errc() && stop == end;
  };
  if (!word(0, secret.first) || !word(16, secret.second)) return {};
  return secret;
}

}  // namespace engine
