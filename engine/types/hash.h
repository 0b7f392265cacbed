// Hashes. Small ones are packed: a listpack of fields and values in turn, in order of insertion, as
// in Redis. Larger ones are dense: a member table with the values as payload; a field keeps its
// position. Cost: packed O(size) with a small factor, dense O(1).
//
// Fields that expire make a hash dense, however small it is (Redis 7.4 calls a small one
// listpackex): the time stands behind the field's value, and a ranked tree has those fields in the
// order of their times. A field that is past its time is not there for anybody who looks, and goes
// when somebody drops it. Cost: 8 bytes and 6 of the tree a field that expires, O(log n) to change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "engine/types/listpack.h"
#include "engine/types/packed_limits.h"
#include "engine/types/ranked_tree.h"
#include "engine/types/table_collection.h"
#include "engine/types/value.h"

namespace engine {

class DenseHash final : public TableCollection {
 public:
  static constexpr std::int64_t kNoTime = 0;
  static constexpr std::int64_t kTimeMax = (1LL << 48) - 2;  // Redis 7.4; a double holds it exactly

  explicit DenseHash(const HashSecret& secret, bool is_small = false)
      : TableCollection(MemberTable::Payload::kBytes, secret) {
    mark(is_small);
  }
  [[nodiscard]] Type type() const override { return Type::kHash; }
  [[nodiscard]] std::string_view encoding() const override {
    return is_small() ? "listpackex" : "hashtable";
  }
  [[nodiscard]] CollectionRef copy() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  void encode_head(std::string& out) const override;
  [[nodiscard]] bool load_head(std::string_view head) override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

  [[nodiscard]] bool is_small() const { return is_marked(); }
  void grow_up() { mark(false); }
  // Of a field: when it expires, kNoTime if it does not.
  [[nodiscard]] std::int64_t time_ms(Position position) const {
    return static_cast<std::int64_t>(table().number(position));
  }
  [[nodiscard]] bool is_expired(Position position, base::UnixMillis now_ms) const {
    return has_times() && time_ms(position) != kNoTime && time_ms(position) <= now_ms;
  }
  [[nodiscard]] std::int64_t next_time(std::int64_t ms) const override;
  [[nodiscard]] std::uint64_t expired_count(std::int64_t now_ms) const override;

  // The field is absent, and its time is none.
  Position insert(const auto& field, std::string_view value) {
    return TableCollection::insert(field, value, 0);
  }
  void set(Position position, std::string_view value, std::int64_t time_ms);
  void remove(Position position);
  // Up to so many of those that have expired, the earliest first. Returns how many.
  std::uint64_t drop_expired(base::UnixMillis now_ms, std::uint64_t count_max);

 protected:
  void on_moved(Position from, Position to) override;

 private:
  void enlist(Position position);
  void delist(Position position);
  void rebuild_times();

  std::unique_ptr<RankedTree> times_;  // of the fields that expire; null if none ever did
};

// Reads a hash as it is at a time of the log. Valid until the hash changes.
class HashView {
 public:
  // Shows fields that have expired, too.
  static constexpr base::UnixMillis kAllFields = 0;

  HashView(const ValueView& value, base::UnixMillis log_ms)
      : packed_(value.packed()),
        dense_(static_cast<const DenseHash*>(value.collection())),
        log_ms_(log_ms) {}

  [[nodiscard]] std::uint64_t count() const {
    return dense_ != nullptr ? dense_->count() - dense_->expired_count(log_ms_)
                             : Listpack(packed_).count() / 2;
  }
  [[nodiscard]] bool is_packed() const { return dense_ == nullptr; }
  // `scratch` (kScratchBytes) holds the digits of a number.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view field, char* scratch) const;
  [[nodiscard]] bool contains(std::string_view field) const;
  // When the field expires, DenseHash::kNoTime if never; nullopt: there is no such field.
  [[nodiscard]] std::optional<std::int64_t> time_of(std::string_view field) const;
  // Whether a field that is there will expire.
  [[nodiscard]] bool has_times() const {
    return dense_ != nullptr && dense_->next_time(log_ms_) != Collection::kNever;
  }

  // Places: positions of a dense hash (holes included), numbers of a packed one.
  [[nodiscard]] std::uint64_t place_end() const {
    return dense_ != nullptr ? dense_->table().size() : count();
  }
  [[nodiscard]] bool is_hole(std::uint64_t place) const {
    return dense_ != nullptr &&
           (dense_->table().is_hole(place) || dense_->is_expired(place, log_ms_));
  }
  [[nodiscard]] std::int64_t time_at(std::uint64_t place) const {
    return dense_ != nullptr ? dense_->time_ms(place) : DenseHash::kNoTime;
  }
  // Calls `visit(field, value)` for the place, unless it is a hole. O(place) if packed.
  template <class Visit>
  bool visit_place(std::uint64_t place, Visit visit) const;
  // Calls `visit(field, value)` for each field, in order.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  std::string_view packed_;
  const DenseHash* dense_;
  base::UnixMillis log_ms_;
};

// Owns a hash while it is changed at a time of the log. The secret must outlive what comes out.
class Hash {
 public:
  explicit Hash(const HashSecret& secret) : packed_(Listpack::empty()), secret_(secret) {}
  Hash(Value&& value, const HashSecret& secret);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const;  // nobody who looks sees a field

  // What is not after it has expired. To be told first, if the hash has been there before.
  void look_at(base::UnixMillis log_ms) { log_ms_ = log_ms; }
  // True if the field is new. Its time is cleared, or kept.
  bool set(std::string_view field, std::string_view value, PackedLimits limits,
           bool keeps_time = false);
  bool remove(std::string_view field);
  [[nodiscard]] std::optional<std::int64_t> time_of(std::string_view field) const;
  // The field is there; kNoTime: it never expires.
  void set_time(std::string_view field, std::int64_t time_ms);
  std::uint64_t drop_expired(std::uint64_t count_max);
  // Turns it dense if one of `words` is too long to be packed. Redis looks at all arguments of a
  // command first.
  template <class Words>
  void make_room(const Words& words, std::size_t first, PackedLimits limits) {
    for (std::size_t i = first; i < words.size() && is_small(); ++i) {
      if (words[i].size() > limits.bytes_max) grow_up();
    }
  }

 private:
  [[nodiscard]] DenseHash& dense() const { return static_cast<DenseHash&>(*dense_); }
  [[nodiscard]] bool is_small() const { return !dense_ || dense().is_small(); }
  void grow_up();
  void make_dense(bool is_small);
  bool set_dense(std::string_view field, std::string_view value, bool keeps_time);
  bool set_packed(std::string_view field, std::string_view value);

  std::string packed_;
  CollectionRef home_, dense_;  // home_: of packed_, see Value::take_packed
  const HashSecret& secret_;
  base::UnixMillis log_ms_ = 0;
};

template <class Visit>
bool HashView::visit_place(std::uint64_t place, Visit visit) const {
  if (dense_ != nullptr) {
    if (is_hole(place)) return false;
    visit(dense_->table().member(place), dense_->table().bytes(place));
    return true;
  }
  const Listpack listpack(packed_);
  const std::size_t field = listpack.seek(static_cast<std::int64_t>(2 * place));
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  visit(listpack.at(field).view(field_scratch),
        listpack.at(listpack.next(field)).view(value_scratch));
  return true;
}

template <class Visit>
void HashView::for_each(Visit visit) const {
  if (dense_ != nullptr) {
    for (std::uint64_t place = 0; place < place_end(); ++place) visit_place(place, visit);
    return;
  }
  const Listpack listpack(packed_);
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t value = listpack.next(at);
    visit(listpack.at(at).view(field_scratch), listpack.at(value).view(value_scratch));
    at = listpack.next(value);
  }
}

}  // namespace engine
