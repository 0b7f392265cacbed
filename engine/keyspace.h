// One keyspace: the table of a database's keys plus what checkpoints need: which positions changed
// since the last one (dirty), which of the frozen state still wait to be written (frozen), which
// were written but are not yet valid (emitted). Every change of an entry goes through here, so that
// a frozen row is emitted before it changes (DESIGN decision 18).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
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
  explicit Keyspace(std::uint64_t id) : id_(id) {}

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
  template <class Edit>
  void edit_string(Position position, Edit edit) {
    touch(position);
    table_.edit_string(position, edit);
  }
  void set_expiry(Position position, std::int64_t expiry_ms);
  void remove(Position position);
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

  // ---- load ---- rows in order of position; blocks right behind their row.
  [[nodiscard]] bool load(const base::Row& row);
  [[nodiscard]] bool finish_load() const { return !is_loading_; }

  // Frees some entries of a keyspace that is no longer part of the state; true when all are gone.
  bool free_some(std::size_t count) { return table_.free_some(count); }

 private:
  using BlockPlace = std::pair<Position, std::uint64_t>;  // with RowKey::value
  // A row that is decided but not yet taken, and the blocks of a long string behind it.
  struct Pending {
    Position position = 0;
    std::uint64_t value = 0;  // RowKey::value of the blocks
    bool has_row = false;
    std::string row = {};
    LargeText text = {};
    std::uint64_t next = 0, blocks = 0,
                  blocks_before = 0;  // of those before, the surplus is deleted
  };

  void touch(Position position);
  void emit_position(Position position);
  void emit_later(Pending pending);
  bool take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows);
  bool take_pending(std::size_t& budget, std::vector<base::Row>& rows);
  void insert_loaded();

  std::uint64_t id_;
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

  bool is_loading_ = false;  // blocks of the last row are missing
  DecodedEntry loading_;
  std::string loading_value_;
};

}  // namespace engine
