// RDB objects of every encoding up to Redis 7.0's into values. The bytes may be hostile: nothing is
// read outside them, no length in them is believed, what is inconsistent is refused (as Redis does
// with sanitize-dump-payload; a little more strictly, see docs/formats.md). What comes out depends
// on the bytes and the settings alone, and has the encoding that Redis gives it.
#pragma once

#include <optional>
#include <string_view>

#include "engine/rdb/wire.h"
#include "engine/rules/settings.h"
#include "engine/types/value.h"

namespace engine::rdb {

// The object at the beginning of `bytes`; what follows it does not matter. nullopt: malformed, or
// of a type that Redis 7.0 does not have, or `reader` says that it is too large.
[[nodiscard]] std::optional<Value> load_object(Reader& reader, const Settings& settings);
[[nodiscard]] inline std::optional<Value> load_object(std::string_view bytes,
                                                      const Settings& settings) {
  Reader reader(bytes);
  return load_object(reader, settings);
}

}  // namespace engine::rdb
