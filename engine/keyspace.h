// One keyspace: the table of a database's keys plus what checkpoints need: which positions changed since the last one
// (dirty), which of the frozen state still wait to be written (frozen), which were written but are not yet valid (emitted).
// Every change of an entry goes through here, so that a frozen row is emitted before it changes (DESIGN decision 18).
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "engine/bitmap.h"
#include "engine/types/dense_table.h"

namespace engine {

class Keyspace {
 public:
  using Position = DenseTable::Position;
  explicit Keyspace(std::uint64_t id) : id_(id) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const DenseTable& table() const { return table_; }
  [[nodiscard]] std::uint64_t expires() const { return expires_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return bytes_; }

  // Physical lookup: expiry is the caller's concern.
  [[nodiscard]] const TableEntry* find(std::string_view key) const;
  [[nodiscard]] Position position(std::string_view key) const { return table_.find(key); }

  // Creates or overwrites; the position of an existing key is kept. Returns the entry to fill in; call changed() after.
  TableEntry& assign(std::string_view key);
  // An existing entry to change in place; call changed() after.
  TableEntry& edit(Position position);
  void changed(const TableEntry& entry);
  void set_expiry(Position position, std::int64_t expiry_ms);
  void remove(Position position);
  void end_step();

  // ---- checkpoint ----
  void freeze(bool is_full);
  // Emits frozen rows from the cursor on until about bytes_max are in `rows`; true when none is left.
  bool emit(std::size_t bytes_max, std::vector<base::Row>& rows);
  [[nodiscard]] std::vector<base::Row>& early() { return early_; }
  [[nodiscard]] std::size_t early_bytes() const { return early_bytes_; }
  void clear_early() { early_.clear(), early_bytes_ = 0; }
  void unfreeze_done();
  // No part of the state that is being written (any more).
  void forget_frozen() { frozen_.clear(), clear_early(); }
  [[nodiscard]] bool was_stored() const { return was_stored_; }

  // ---- load ---- rows in order of position; blocks right behind their row.
  [[nodiscard]] bool load(const base::Row& row);
  [[nodiscard]] bool finish_load();

  // Frees some entries of a keyspace that is no longer part of the state; true when all are gone.
  bool free_some(std::size_t count) { return table_.free_some(count); }

 private:
  static std::size_t cost(const TableEntry& entry);
  void touch(Position position);
  std::size_t emit_position(Position position, std::vector<base::Row>& rows);

  std::uint64_t id_;
  DenseTable table_;
  std::uint64_t expires_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t edited_cost_ = 0;  // of the entry handed out by assign or edit, before the change
  bool edited_had_expiry_ = false;

  Bitmap dirty_, frozen_, emitted_;
  Position frozen_size_ = 0;
  Position cursor_ = 0;
  bool was_stored_ = false;
  std::map<Position, std::uint64_t> stored_blocks_;   // of rows in the newest valid checkpoint, where there are any
  std::map<Position, std::uint64_t> emitted_blocks_;  // of rows emitted since
  std::vector<base::Row> early_;
  std::size_t early_bytes_ = 0;
  // load
  Position loading_ = DenseTable::kNone;
  std::uint64_t missing_blocks_ = 0, missing_bytes_ = 0;
};

}  // namespace engine
