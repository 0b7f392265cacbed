// The rows of one keyspace on their way out (DESIGN decision 18,
// docs/decisions/keys-share-rows.md).
//
// Of each row it is known whether it has changed since the last checkpoint (dirty), belongs to the
// frozen state and still waits to be written (frozen), or was written but is not yet valid
// (emitted). Invariant: a frozen row is written as it was when the state was frozen. So each change
// of an entry is announced before it happens (touch), and what a frozen row is to say of that entry
// is kept.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "engine/checkpoint/rows.h"
#include "engine/keyspace/dense_table.h"
#include "engine/types/bitmap.h"
#include "engine/types/segments.h"

namespace engine::checkpoint {

class RowsOut {
 public:
  // `table` holds the entries, and must outlive this.
  RowsOut(std::uint64_t keyspace, const DenseTable& table) : id_(keyspace), table_(table) {}

  // The entry at `position` is about to change, to appear or to go.
  void touch(Position position) {
    const RowNumber row = position / kKeysPerRow;
    if (position < frozen_size_ && frozen_.has(row)) keep(position);
    dirty_.add(row);
  }
  // A collection leaves the keyspace: its rows are to be deleted. Its segments stay attached: those
  // that a checkpoint under way has not written yet must hear of changes that come after, by the
  // end of the step or in another keyspace.
  void leave(const Collection& collection);

  // ---- one checkpoint at a time ----
  void freeze(bool is_full);
  // Moves rows of the frozen state to `rows` and takes their size from `budget` until it is used up
  // or none is left (true), in order of position.
  bool emit(std::size_t& budget, std::vector<base::Row>& rows);
  // What is in memory only until the store has taken it, beyond what may be.
  [[nodiscard]] std::size_t pending_bytes() const;
  // What was emitted since freeze is durable now.
  void finish();
  // It failed, or the keyspace is no part of the state that is being written (any more): nothing is
  // kept for it.
  void abandon();
  // Whether the store may hold rows of it.
  [[nodiscard]] bool was_stored() const { return was_stored_; }

  // ---- what loading finds in the store ----
  void note_stored() { was_stored_ = true; }
  void note_blocks(const BlockPlace& place, std::uint64_t blocks) {
    stored_blocks_[place] = blocks;
  }
  // The position has a row of its own, as earlier versions wrote them.
  void note_old_row(Position position) { old_rows_.add(position); }
  void note_value_id(std::uint64_t value_id) {
    next_value_id_ = std::max(next_value_id_, value_id + 1);
  }

 private:
  using RowNumber = std::uint64_t;  // position / kKeysPerRow
  // What is decided but not yet taken: blocks of a long key, or a value that goes in segments.
  struct Pending {
    std::deque<base::Row> blocks = {};
    CollectionRef value = {};
  };
  using Kept = std::map<Position, std::string>;

  // Returns the value id; 0: it has no segments.
  [[nodiscard]] std::uint64_t emit_segments_later(const CollectionRef& value);
  // All blocks that there are to be under `place`; those that there were beyond are deleted.
  void emit_blocks_later(const BlockPlace& place, std::string_view bytes);
  bool emit_deletions(std::size_t& budget, std::vector<base::Row>& rows);
  // What the position says in its row; its blocks and segments are emitted later.
  [[nodiscard]] std::string decide(Position position);
  void keep(Position position);
  [[nodiscard]] std::string take_kept(Kept::iterator& next);
  [[nodiscard]] std::size_t kept_bytes_max() const;
  [[nodiscard]] std::optional<RowNumber> next_row();
  [[nodiscard]] std::vector<std::string> pieces_of(Position first);
  void emit_row(RowNumber number, std::size_t& budget, std::vector<base::Row>& rows);
  bool take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows);
  bool take_pending(std::size_t& budget, std::vector<base::Row>& rows);

  std::uint64_t id_;
  const DenseTable& table_;
  Bitmap dirty_, frozen_, emitted_;  // by number of the row
  Bitmap old_rows_;                  // by position
  bool is_full_ = false;             // the checkpoint under way is of all rows
  Position frozen_size_ = 0;
  RowNumber cursor_ = 0;
  bool was_stored_ = false;
  std::map<BlockPlace, std::uint64_t>
      stored_blocks_;  // how many the store may hold, where there are any
  std::map<BlockPlace, std::uint64_t> emitted_blocks_;  // the same once this checkpoint is durable
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  Kept kept_;  // what frozen rows are to say where it has changed since
  std::size_t kept_bytes_ = 0;
  std::optional<Position> draining_from_;  // it has become too much: all of it goes, in order

  std::uint64_t next_value_id_ = 1;
  std::vector<std::shared_ptr<Segments>> written_;      // by the checkpoint under way
  std::vector<std::shared_ptr<Segments>> gone_;         // of values removed since it began
  std::vector<std::shared_ptr<Segments>> gone_frozen_;  // of values removed before
};

}  // namespace engine::checkpoint
