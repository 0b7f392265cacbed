// The keyed hash by which tables find keys and members: SipHash-1-3 (Aumasson, Bernstein 2012, with
// fewer rounds, as Redis, Rust and Python have it), so that nobody who does not know the secret can
// make up keys that collide. The secret is replicated state (Settings, "hash-secret"): nodes name
// keys by their hash to each other. No order and no reply depends on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

struct HashSecret {
  std::uint64_t first = 0, second = 0;  // zeros: none was drawn yet

  [[nodiscard]] std::uint64_t hash_of(std::string_view bytes) const;
  // 32 hex digits; nullopt: something else.
  [[nodiscard]] static std::optional<HashSecret> parse(std::string_view digits);
};

// For tests.
inline constexpr HashSecret kNoSecret{};

}  // namespace engine
