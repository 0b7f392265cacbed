// What goes into a stream and comes out of it: entries, limits of nodes, what to trim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/types/listpack.h"
#include "engine/types/stream_id.h"
#include "engine/types/value.h"

namespace engine {

struct StreamNodeLimits {
  std::uint64_t bytes_max = 0, entries_max = 0;  // 0: none
};

// What XADD and XTRIM trim to.
struct StreamTrim {
  enum class By : std::uint8_t { kNothing, kLength, kId };
  By by = By::kNothing;
  bool is_approximate = false;  // whole nodes only
  std::uint64_t length = 0;
  StreamId id;
  std::uint64_t limit = 0;  // entries at most; 0: no limit
};

// An entry that is visited. Valid until the stream changes.
struct StreamEntry {
  StreamId id;
  Listpack node{std::string_view()};
  std::size_t names =
      0;  // offset of the first name in the master entry; 0: names are with the values
  std::size_t values = 0;  // offset of the first value, or name
  std::uint64_t fields = 0;

  // Calls `visit(name, value)` for each field.
  template <class Visit>
  void for_each(Visit visit) const {
    char name_scratch[kScratchBytes], value_scratch[kScratchBytes];
    std::size_t name = names, value = values;
    for (std::uint64_t left = fields; left > 0; --left) {
      if (names == 0) {
        name = value;
        value = node.next(value);
      }
      visit(node.at(name).view(name_scratch), node.at(value).view(value_scratch));
      value = node.next(value);
      if (names != 0) name = node.next(name);
    }
  }
};

}  // namespace engine
