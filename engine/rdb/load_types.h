// The loaders of single types, for load.cpp alone. Each reads what follows the type's byte.
#pragma once

#include <optional>

#include "engine/rdb/object_type.h"
#include "engine/rdb/wire.h"
#include "engine/rules/settings.h"
#include "engine/types/value.h"

namespace engine::rdb {

[[nodiscard]] std::optional<Value> load_list(ObjectType type, Reader& in, const Settings& settings);
[[nodiscard]] std::optional<Value> load_set(ObjectType type, Reader& in, const Settings& settings);
[[nodiscard]] std::optional<Value> load_hash(ObjectType type, Reader& in, const Settings& settings);
[[nodiscard]] std::optional<Value> load_sorted_set(ObjectType type, Reader& in,
                                                   const Settings& settings);
[[nodiscard]] std::optional<Value> load_stream(ObjectType type, Reader& in);

// A string that holds a listpack (`is_ziplist`: a ziplist, which becomes one); nullopt: malformed.
[[nodiscard]] std::optional<std::string> read_listpack(Reader& in, bool is_ziplist);
// Whether the elements come in pairs whose first ones are all different, one at least.
// O(n log n).
[[nodiscard]] bool are_pairs(std::string_view listpack);

}  // namespace engine::rdb
