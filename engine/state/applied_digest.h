// A running digest of what was applied, for nodes to compare at equal positions (DESIGN decision
// 26): which keys changed, in their order, and to what; how many there are. Cheap enough for every
// write, so of a long string or packed collection it takes length and ends, of a dense collection
// the number of elements. Part of the state: whoever loads a checkpoint goes on with it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/crc.h"
#include "base/ids.h"
#include "base/prng.h"

namespace engine {

class Entry;

struct AppliedDigest {
  base::LogIndex since;  // the entry from which on it is kept; none: it is not
  std::uint64_t value = 0;

  void add(std::uint64_t word) { value = base::mix64(value + word); }
  void add(std::string_view bytes) {
    add((std::uint64_t{bytes.size()} << 32) + base::crc32c(bytes));
  }
  // A key that was created or changed.
  void add(const Entry& entry);
};

}  // namespace engine
