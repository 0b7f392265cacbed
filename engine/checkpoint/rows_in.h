// The rows of one keyspace on their way in, in order of position: rows of keys, the blocks of a row
// right behind it; then the segments of large collections. Invariant: what is in the table is
// complete but for segments, and lies at the position its row was written for. What is malformed or
// out of order is refused (false), and the keyspace is of no use then.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/row.h"
#include "engine/checkpoint/rows_out.h"
#include "engine/keyspace/field_times.h"

namespace engine::checkpoint {

class RowsIn {
 public:
  // `table` and `times` get the entries; `out` learns what the store holds. All outlive this.
  RowsIn(std::uint64_t keyspace, DenseTable& table, FieldTimes& times, RowsOut& out,
         const HashSecret& secret)
      : id_(keyspace), table_(table), times_(times), out_(out), secret_(secret) {}

  [[nodiscard]] bool load(const base::Row& row);
  [[nodiscard]] bool load_segment(const base::Row& row);
  // Nothing is missing.
  [[nodiscard]] bool finish();
  // What is missing will not come: the table alone holds what is there, for it to be freed.
  void abandon();

 private:
  // A key whose blocks may be missing.
  struct LoadingEntry {
    DecodedEntry entry;
    std::string value;
  };
  // A large collection whose segments are being loaded.
  struct LoadingValue {
    CollectionRef collection;
    Position position = 0;
    std::size_t bytes_before = 0;
    std::uint64_t content_before = 0;
    std::uint64_t segment = 0, pieces = 0;  // that are being put together
    std::string bytes = {};
  };

  [[nodiscard]] bool insert_complete();
  void begin_segments(DecodedEntry& entry);
  [[nodiscard]] bool finish_segment(LoadingValue& loading);
  void note_growth(const LoadingValue& loading);
  [[nodiscard]] bool load_keys(const base::Row& row);
  [[nodiscard]] bool load_old(const base::Row& row);
  [[nodiscard]] bool load_entry(std::string_view bytes, Position position);
  [[nodiscard]] bool load_block(const base::Row& row);

  std::uint64_t id_;
  DenseTable& table_;
  FieldTimes& times_;
  RowsOut& out_;
  const HashSecret& secret_;
  std::deque<LoadingEntry> loading_;  // from the first on whose blocks are missing
  std::uint64_t pieces_ = 0;          // of the last row
  std::map<std::uint64_t, LoadingValue> values_;
};

}  // namespace engine::checkpoint
