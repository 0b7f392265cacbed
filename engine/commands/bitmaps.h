// Bitmaps: strings seen as bits. Redis 7.0's commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/types/bits.h"
#include "engine/types/long_text.h"

namespace engine {

class ReadContext;
class WriteContext;

namespace commands {

// A place in bits; `unit` other than 0: a leading '#' counts in units. Nullopt: the error was
// written.
[[nodiscard]] std::optional<std::uint64_t> bit_offset(ReadContext& context, std::string_view word,
                                                      std::uint32_t unit);
// Makes the string of argv[1] raw and at least `size` bytes long, as Redis does before it changes
// bits; creates it. False: the key holds another type or would grow by too much, the error was
// written. `has_grown`: it was
// created or became longer.
[[nodiscard]] bool prepare_bits(WriteContext& context, std::uint64_t size, bool& has_grown);
// The field must lie within.
void write_field(TextEdit& text, bits::Field field, std::int64_t value);

}  // namespace commands
}  // namespace engine
