// One keyspace: the table of a database's keys plus what checkpoints need. The keys at neighbouring
// positions share a row; of the rows it is known which changed since the last checkpoint (dirty),
// which of the frozen state still wait to be written (frozen), which were written but are not yet
// valid (emitted). Every change of an entry goes through here, so that what a frozen row is to say
// is kept before it changes (DESIGN decision 18, docs/decisions/keys-share-rows.md).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row.h"
#include "base/time.h"
#include "engine/bitmap.h"
#include "engine/codec.h"
#include "engine/types/dense_table.h"

namespace engine {

class Keyspace {
 public:
  using Position = DenseTable::Position;
  // Large collections that go are freed in slices by `graveyard`, which must outlive the keyspace.
  // So must `secret`.
  Keyspace(std::uint64_t id, Graveyard& graveyard, const HashSecret& secret)
      : id_(id), graveyard_(graveyard), secret_(secret), table_(secret) {}
  // Another secret from now on, as far as there are no keys yet.
  void adopt_secret() {
    if (table_.size() == 0) table_.adopt(secret_);
  }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const DenseTable& table() const { return table_; }
  [[nodiscard]] std::uint64_t expires() const { return table_.expiring().size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return table_.memory_bytes() + kFieldTimesBytes * field_times_.size();
  }
  [[nodiscard]] std::uint64_t content_bytes() const { return table_.content_bytes(); }

  // Physical lookup: expiry is the caller's concern.
  [[nodiscard]] const Entry* find(const HashedKey& key) const;
  [[nodiscard]] const Entry* find(std::string_view key) const { return find(table_.hashed(key)); }
  [[nodiscard]] Position position(std::string_view key) const { return table_.find(key); }

  // Creates or overwrites; the position of an existing key is kept. True if it was created.
  bool assign(std::string_view key, Value&& value, std::int64_t expiry_ms);
  void replace(Position position, Value&& value);
  // Calls `edit(Value&)` with the value, taken out of its entry meanwhile.
  template <class Edit>
  void edit_value(Position position, Edit edit) {
    touch(position);
    unlist(position);
    table_.edit_value(position, edit);
    enlist(position);
  }
  void set_expiry(Position position, std::int64_t expiry_ms);
  // Hashes with fields that expire: the earliest time of each, and its key; in order.
  using FieldTimes = std::set<std::pair<base::UnixMillis, std::string>>;
  [[nodiscard]] const FieldTimes& field_times() const { return field_times_; }
  void remove(Position position);
  // Removes the key and gives its value away, to a key of `target`.
  [[nodiscard]] Value take(Position position, const Keyspace& target);
  void end_step();

  // ---- checkpoint ----
  void freeze(bool is_full);
  // Moves rows of the frozen state to `rows` and takes their size from `budget` until it is used up
  // or none is left (true), in order of position.
  bool emit(std::size_t& budget, std::vector<base::Row>& rows);
  // What is in memory only until the store has taken it, beyond what may be.
  [[nodiscard]] std::size_t pending_bytes() const;
  // What was emitted since freeze is durable now.
  void finish_checkpoint();
  // It failed, or this keyspace is no part of the state that is being written (any more): nothing
  // is kept for it.
  void abandon_checkpoint();
  // Whether the store may hold rows of it.
  [[nodiscard]] bool was_stored() const { return was_stored_; }

  // ---- load ---- rows in order of position; blocks right behind their row; then the segments of
  // large collections.
  [[nodiscard]] bool load(const base::Row& row);
  // About so many times the keys that are there will be.
  void expect_growth(double times);
  [[nodiscard]] bool load_segment(const base::Row& row);
  [[nodiscard]] bool finish_load();

  // Frees some entries of a keyspace that is no longer part of the state; true when all are gone.
  bool free_some(std::size_t count);

 private:
  static constexpr Position kKeysPerRow = 64;
  static constexpr std::size_t kFieldTimesBytes = 96;     // of one of field_times_, about
  using RowNumber = std::uint64_t;                        // position / kKeysPerRow
  using BlockPlace = std::pair<Position, std::uint64_t>;  // with RowKey::value
  // Blocks of a long string or segments of a large collection that are decided but not yet taken.
  struct Pending {
    Position position = 0;
    std::uint64_t value = 0;  // RowKey::value of the blocks
    LargeText text = {};
    std::uint64_t next = 0, blocks = 0,
                  blocks_before = 0;  // of those before, the surplus is deleted
    CollectionRef collection = {};
    std::shared_ptr<Segments> segments = {};
  };
  using Kept = std::map<Position, std::string>;
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

  void touch(Position position);
  // Notes, or forgets, the times of a value's fields.
  void enlist(Position position);
  void unlist(Position position);
  void let_go(Position position);
  void leave(const Collection& collection);
  void prepare_segments(const CollectionRef& collection, Pending& pending);
  bool emit_deletions(std::size_t& budget, std::vector<base::Row>& rows);
  [[nodiscard]] bool finish_segment(LoadingValue& loading);
  // What the position says in its row; its blocks and segments are emitted later.
  [[nodiscard]] std::string decide(Position position);
  void keep(Position position);
  [[nodiscard]] std::string take_kept(Kept::iterator& next);
  [[nodiscard]] std::size_t kept_bytes_max() const;
  [[nodiscard]] std::optional<RowNumber> next_row();
  void emit_row(RowNumber number, std::size_t& budget, std::vector<base::Row>& rows);
  void emit_later(Pending pending);
  bool take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows);
  bool take_pending(std::size_t& budget, std::vector<base::Row>& rows);
  [[nodiscard]] bool insert_loaded();
  void begin_segments(DecodedEntry& entry);
  [[nodiscard]] bool load_keys(const base::Row& row);
  [[nodiscard]] bool load_old(const base::Row& row);
  [[nodiscard]] bool load_entry(std::string_view bytes, Position position);
  [[nodiscard]] bool load_block(const base::Row& row);

  std::uint64_t id_;
  Graveyard& graveyard_;
  const HashSecret& secret_;
  DenseTable table_;
  FieldTimes field_times_;

  Bitmap dirty_, frozen_, emitted_;  // by number of the row
  Bitmap old_rows_;       // positions that have rows of their own, as earlier versions wrote them
  bool is_full_ = false;  // the checkpoint under way is of all rows
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

  std::deque<LoadingEntry> loading_;  // from the first on whose blocks are missing
  std::uint64_t loading_pieces_ = 0;  // of the last row
  std::map<std::uint64_t, LoadingValue> loading_values_;
};

}  // namespace engine
