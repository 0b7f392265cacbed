// A row of a checkpoint: the common noun of the engine, which makes and reads bodies, and of the
// state store, which keeps them. Ordered by (keyspace, position, value, block).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace base {

// keyspace 0: state that is no key (log time, database names, watches, settings). value 0: the row
// of the key itself; value > 0: a block of the large value with that id.
struct RowKey {
  std::uint64_t keyspace = 0;
  std::uint64_t position = 0;
  std::uint64_t value = 0;
  std::uint64_t block = 0;
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

struct Row {
  RowKey key;
  std::string
      body;  // opaque to the store, at most limits::kRecordBytesMax; empty: the row is deleted
};

}  // namespace base
