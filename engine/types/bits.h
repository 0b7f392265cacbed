// Bits of a byte string, numbered as Redis numbers them: bit 0 is the highest of the first byte.
// Counting and searching go word by word. Pure functions, O(bytes they look at).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::bits {

// The bits first..last, both included; last must lie within `bytes`.
struct Range {
  std::uint64_t first = 0, last = 0;
};

[[nodiscard]] bool get(std::string_view bytes, std::uint64_t position);  // false behind the end
void set(std::string& bytes, std::uint64_t position, bool bit);          // must lie within
[[nodiscard]] std::uint64_t count(std::string_view bytes);
[[nodiscard]] std::uint64_t count(std::string_view bytes, Range range);
// The first bit of that value.
[[nodiscard]] std::optional<std::uint64_t> find(std::string_view bytes, Range range, bool bit);

enum class Operation : std::uint8_t { kAnd, kOr, kXor };
// into = into OP with, where `with` counts as followed by zeros; `into` must not be shorter.
void combine(Operation operation, std::string& into, std::string_view with);
void invert(std::string& bytes);

// An integer of 1 to 64 bits (63 if unsigned) that begins at a bit.
struct Field {
  bool is_signed = false;
  std::uint32_t width = 0;
  std::uint64_t offset = 0;
};
[[nodiscard]] std::int64_t read_field(std::string_view bytes, const Field& field);
void write_field(std::string& bytes, const Field& field, std::int64_t value);  // must lie within

enum class Overflow : std::uint8_t { kWrap, kSaturate, kFail };
// value + increment as the field can hold it; nullopt: it cannot, and `overflow` is kFail. A value
// of an unsigned field counts as unsigned.
[[nodiscard]] std::optional<std::int64_t> fitted(const Field& field, std::int64_t value,
                                                 std::int64_t increment, Overflow overflow);

}  // namespace engine::bits
