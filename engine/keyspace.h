// One keyspace: the table of a database's keys plus what checkpoints need: which positions changed
// since the last one (dirty), which of the frozen state still wait to be written (frozen), which
// were written but are not yet valid (emitted). Every change of an entry goes through here, so that
// a frozen row is emitted before it changes (DESIGN decision 18).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row.h"
#include "engine/bitmap.h"
#include "engine/codec.h"
#include "engine/types/dense_table.h"

namespace engine {

class Keyspace {
 public:
  using Position = DenseTable::Position;
  // Large collections that go are freed in slices by `graveyard`, which must outlive the keyspace.
  Keyspace(std::uint64_t id, Graveyard& graveyard) : id_(id), graveyard_(graveyard) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const DenseTable& table() const { return table_; }
  [[nodiscard]] std::uint64_t expires() const { return table_.expiring().size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const { return table_.memory_bytes(); }

  // Physical lookup: expiry is the caller's concern.
  [[nodiscard]] const Entry* find(const HashedKey& key) const;
  [[nodiscard]] Position position(const HashedKey& key) const { return table_.find(key); }

  // Creates or overwrites; the position of an existing key is kept. True if it was created.
  bool assign(const HashedKey& key, Value&& value, std::int64_t expiry_ms);
  void replace(Position position, Value&& value);
  // Calls `edit(Value&)` with the value, taken out of its entry meanwhile.
  template <class Edit>
  void edit_value(Position position, Edit edit) {
    touch(position);
    table_.edit_value(position, edit);
  }
  void set_expiry(Position position, std::int64_t expiry_ms);
  void remove(Position position);
  // Removes the key and gives its value away, to a key of `target`.
  [[nodiscard]] Value take(Position position, const Keyspace& target);
  void end_step();

  // ---- checkpoint ----
  void freeze(bool is_full);
  // Moves rows of the frozen state to `rows` and takes their size from `budget` until it is used up
  // or none is left (true). Rows that had to be emitted early come first.
  bool emit(std::size_t& budget, std::vector<base::Row>& rows);
  [[nodiscard]] std::size_t pending_bytes() const { return pending_bytes_; }
  // What was emitted since freeze is durable now.
  void finish_checkpoint();
  // No part of the state that is being written (any more).
  void forget_frozen();
  // Whether the store may hold rows of it.
  [[nodiscard]] bool was_stored() const { return was_stored_; }

  // ---- load ---- rows in order of position; blocks right behind their row; then the segments of
  // large collections.
  [[nodiscard]] bool load(const base::Row& row);
  [[nodiscard]] bool load_segment(const base::Row& row);
  [[nodiscard]] bool finish_load();

  // Frees some entries of a keyspace that is no longer part of the state; true when all are gone.
  bool free_some(std::size_t count) { return table_.free_some(count, graveyard_); }

 private:
  using BlockPlace = std::pair<Position, std::uint64_t>;  // with RowKey::value
  // A row that is decided but not yet taken, and the blocks of a long string or the segments of a
  // large collection behind it.
  struct Pending {
    Position position = 0;
    std::uint64_t value = 0;  // RowKey::value of the blocks
    bool has_row = false;
    std::string row = {};
    LargeText text = {};
    std::uint64_t next = 0, blocks = 0,
                  blocks_before = 0;  // of those before, the surplus is deleted
    CollectionRef collection = {};
    std::shared_ptr<Segments> segments = {};
  };
  // A large collection whose segments are being loaded.
  struct LoadingValue {
    CollectionRef collection;
    std::size_t bytes_before = 0;
    std::uint64_t segment = 0, pieces = 0;  // that are being put together
    std::string bytes = {};
  };

  void touch(Position position);
  void let_go(Position position);
  void leave(const Collection& collection);
  void prepare_segments(const CollectionRef& collection, Pending& pending);
  bool emit_deletions(std::size_t& budget, std::vector<base::Row>& rows);
  [[nodiscard]] bool finish_segment(LoadingValue& loading);
  void emit_position(Position position);
  void emit_later(Pending pending);
  bool take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows);
  bool take_pending(std::size_t& budget, std::vector<base::Row>& rows);
  void insert_loaded();
  void begin_segments();
  [[nodiscard]] bool load_block(const base::Row& row);

  std::uint64_t id_;
  Graveyard& graveyard_;
  DenseTable table_;

  Bitmap dirty_, frozen_, emitted_;
  Position frozen_size_ = 0;
  Position cursor_ = 0;
  bool was_stored_ = false;
  std::map<BlockPlace, std::uint64_t>
      stored_blocks_;  // how many the store may hold, where there are any
  std::map<BlockPlace, std::uint64_t> emitted_blocks_;  // the same once this checkpoint is durable
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;

  std::uint64_t next_value_id_ = 1;
  std::vector<std::shared_ptr<Segments>> written_;      // by the checkpoint under way
  std::vector<std::shared_ptr<Segments>> gone_;         // of values removed since it began
  std::vector<std::shared_ptr<Segments>> gone_frozen_;  // of values removed before

  bool is_loading_ = false;  // blocks of the last row are missing
  DecodedEntry loading_;
  std::string loading_value_;
  std::map<std::uint64_t, LoadingValue> loading_values_;
};

}  // namespace engine
