// One keyspace: the table of a database's keys, the list of its hashes whose fields expire, and its
// rows on their way into and out of a checkpoint. Invariant: every change of an entry goes through
// here, and is announced to the rows that go out before it happens (checkpoint/rows_out.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "engine/checkpoint/rows_in.h"
#include "engine/checkpoint/rows_out.h"
#include "engine/keyspace/dense_table.h"
#include "engine/keyspace/field_times.h"

namespace engine {

class Keyspace {
 public:
  using Position = DenseTable::Position;
  // Large collections that go are freed in slices by `graveyard`, which must outlive the keyspace.
  // So must `secret`.
  Keyspace(std::uint64_t id, Graveyard& graveyard, const HashSecret& secret)
      : id_(id),
        graveyard_(graveyard),
        secret_(secret),
        table_(secret),
        out_(id, table_),
        in_(id, table_, field_times_, out_, secret) {}
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;
  // Another secret from now on, as far as there are no keys yet.
  void adopt_secret() {
    if (table_.size() == 0) table_.adopt(secret_);
  }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const DenseTable& table() const { return table_; }
  [[nodiscard]] std::uint64_t expires() const { return table_.expiring().size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return table_.memory_bytes() + field_times_.memory_bytes();
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
    out_.touch(position);
    field_times_.unlist(table_.at(position));
    const CollectionRef packed = long_packed_at(position);
    table_.edit_value(position, edit);
    if (packed && table_.at(position).apart() != packed.get()) out_.leave(*packed);
    field_times_.enlist(table_.at(position));
  }
  void set_expiry(Position position, std::int64_t expiry_ms);
  [[nodiscard]] const FieldTimes::Times& field_times() const { return field_times_.all(); }
  void remove(Position position);
  // Removes the key and gives its value away, to a key of `target`.
  [[nodiscard]] Value take(Position position, const Keyspace& target);
  void end_step();

  // ---- checkpoint ---- as in checkpoint/rows_out.h
  void freeze(bool is_full) { out_.freeze(is_full); }
  bool emit(std::size_t& budget, std::vector<base::Row>& rows) { return out_.emit(budget, rows); }
  [[nodiscard]] std::size_t pending_bytes() const { return out_.pending_bytes(); }
  void finish_checkpoint() { out_.finish(); }
  void abandon_checkpoint() { out_.abandon(); }
  [[nodiscard]] bool was_stored() const { return out_.was_stored(); }

  // ---- load ---- as in checkpoint/rows_in.h
  [[nodiscard]] bool load(const base::Row& row) { return in_.load(row); }
  [[nodiscard]] bool load_segment(const base::Row& row) { return in_.load_segment(row); }
  [[nodiscard]] bool finish_load() { return in_.finish(); }
  void abandon_load() { in_.abandon(); }  // it is of no use from now on
  // About so many times the keys that are there will be.
  void expect_growth(double times);

  // Frees some entries of a keyspace that is no longer part of the state; true when all are gone.
  bool free_some(std::size_t count);

 private:
  // Where a value goes that leaves its entry.
  enum class Goes : std::uint8_t { kAway, kElsewhere, kWithin };  // kWithin: to a key of this one
  // Whatever becomes of it, its times are listed no more; its rows are to be deleted unless it
  // stays in this keyspace; it is freed in slices if nobody has it.
  void release(Position position, Goes goes);
  // A change may leave it behind, because what it held is short or dense then; else null.
  [[nodiscard]] CollectionRef long_packed_at(Position position) const {
    const Collection* apart = table_.at(position).apart();
    return apart != nullptr && apart->is_packed() ? table_.at(position).value().apart()
                                                  : CollectionRef();
  }

  std::uint64_t id_;
  Graveyard& graveyard_;
  const HashSecret& secret_;
  DenseTable table_;
  FieldTimes field_times_;
  checkpoint::RowsOut out_;
  checkpoint::RowsIn in_;
};

}  // namespace engine
