// Seeded pseudo-random numbers (SplitMix64): the same seed gives the same sequence on every
// platform. Not for secrets.
#pragma once

#include <cstdint>

namespace base {

__extension__ typedef unsigned __int128 Wide;

// One SplitMix64 step as a mixing function (Steele, Lea, Flood 2014: constants are facts of the
// generator).
constexpr std::uint64_t mix64(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() { return mix64(state_ += 0x9E3779B97F4A7C15ULL); }

  // Uniform in [0, bound), bound > 0. Multiply-shift on 64 bits; bias below 2^-32 for bounds under
  // 2^32.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

 private:
  std::uint64_t state_;
};

}  // namespace base
