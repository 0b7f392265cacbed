// What the commands share that take elements from the first list or sorted set that has any: LMPOP,
// ZMPOP, BLPOP, BZPOPMIN and their kin.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/context/context.h"

namespace engine::commands {

// numkeys key [key ...] END [COUNT count]
struct PopMany {
  std::size_t first_key = 0, keys = 0;
  bool is_first_end = true;  // the first of the two words that name an end
  std::uint64_t count = 1;

  [[nodiscard]] std::size_t end() const { return first_key + keys; }
};

// `at`: the argument that says how many keys there are. `first_end`, `other_end`: the words that
// name the ends, in upper case. Nullopt: Redis's error was written.
[[nodiscard]] std::optional<PopMany> pop_many_arguments(ReadContext& context, std::size_t at,
                                                        std::string_view first_end,
                                                        std::string_view other_end);

// Looks at the keys in the arguments first..end-1 until one holds something: `take(key, entry)`
// takes from it and writes the reply. True: that was done, or a key is of another type; the reply
// is written.
template <class Take>
bool pop_first(WriteContext& context, Type type, std::size_t first, std::size_t end, Take take) {
  for (std::size_t i = first; i < end; ++i) {
    const std::string_view key = context.arg(i);
    if (!context.tries(key)) continue;
    const Found entry = context.find_of_for_write(key, type);
    if (entry.is_wrong()) return true;
    if (entry == nullptr) continue;
    take(key, *entry);
    return true;
  }
  return false;
}

}  // namespace engine::commands
