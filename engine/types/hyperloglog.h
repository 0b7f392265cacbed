// HyperLogLog: an estimate of how many different elements were added, in 16384 registers of 6 bits.
// It is a string, laid out as Redis 7.0 lays it out, bit for bit:
//
//   "HYLL" | encoding: 0 dense, 1 sparse | 3 unused bytes | last estimate, 8 bytes, lowest first
//
// (the highest bit of the estimate says that it is stale), then either all registers, packed from
// the lowest bit of the first byte up (12288 bytes), or runs of equal registers:
//
//   00llllll            a run of l + 1 zeros
//   01llllll llllllll   a run of l + 1 zeros
//   1vvvvvll            a run of l + 1 registers of value v + 1
//
// The estimator is that of O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches" (2017); the hash is MurmurHash64A. Input may be any string of a client's: nothing here
// trusts it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::hyperloglog {

inline constexpr std::uint32_t kRegisters = 16384;
using Registers = std::array<std::uint8_t, kRegisters>;

enum class Outcome : std::uint8_t { kUnchanged, kChanged, kCorrupt };

[[nodiscard]] std::string make();  // empty, sparse
// Whether the header and the size are right; runs are looked at when they are needed.
[[nodiscard]] bool is_one(std::string_view bytes);
[[nodiscard]] bool is_dense(std::string_view bytes);

// Below, `bytes` is one as is_one() says. A sparse one becomes dense when it would grow above
// `sparse_bytes_max`.
[[nodiscard]] Outcome add(std::string& bytes, std::string_view element,
                          std::uint64_t sparse_bytes_max);
// Raises a register to `value` (1 to 63).
[[nodiscard]] Outcome raise(std::string& bytes, std::uint32_t index, std::uint8_t value,
                            std::uint64_t sparse_bytes_max);
// False: corrupt.
[[nodiscard]] bool make_dense(std::string& bytes);

// The estimate kept in the header, unless it is stale.
[[nodiscard]] std::optional<std::uint64_t> kept_count(std::string_view bytes);
void keep_count(std::string& bytes, std::uint64_t count);
void make_stale(std::string& bytes);

[[nodiscard]] std::optional<std::uint64_t> count(std::string_view bytes);  // nullopt: corrupt
[[nodiscard]] std::uint64_t count(const Registers& registers);
// Raises registers to those of `bytes`; false: corrupt.
[[nodiscard]] bool merge(std::string_view bytes, Registers& registers);

// The runs of a sparse one in words, as PFDEBUG DECODE shows them.
[[nodiscard]] std::string decoded(std::string_view bytes);

// Which register an element belongs to, and the value that it would have there.
struct RegisterValue {
  std::uint32_t index = 0;
  std::uint8_t value = 0;
};
[[nodiscard]] RegisterValue register_of(std::string_view element);

}  // namespace engine::hyperloglog
