#include "engine/types/hash.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

constexpr std::uint8_t kSmall = 1;  // in the head of a dense hash

RankedTree::Position narrow(MemberTable::Position position) {
  return static_cast<RankedTree::Position>(position);
}

}  // namespace

// ---- dense ----

CollectionRef DenseHash::copy() const {
  auto made = std::make_unique<DenseHash>(table().secret(), is_small());
  made->copy_members(*this, MemberTable::Payload::kBytes);
  if (has_times()) made->rebuild_times();
  return CollectionRef(std::move(made));
}

std::size_t DenseHash::memory_bytes() const {
  const std::size_t times =
      has_times() ? allocation_bytes(sizeof(RankedTree)) + RankedTree::memory_bytes(times_->count())
                  : 0;
  return allocation_bytes(sizeof *this) + table().memory_bytes() + times;
}

void DenseHash::encode_head(std::string& out) const {
  TableCollection::encode_head(out);
  if (is_small()) base::Encoder(out).u8(kSmall);
}

bool DenseHash::load_head(std::string_view head) {
  base::Decoder in(head);
  if (!load_size(in)) return false;
  if (in.at_end()) return true;
  mark(in.u8() == kSmall);
  return is_small() && in.at_end();
}

bool DenseHash::finish_load() {
  if (!TableCollection::finish_load()) return false;
  if (!table().has_loaded_numbers()) return true;
  for (Position position = 0; position < table().size(); ++position) {
    const double time = table().number(position);
    if (!(time >= 0 && time <= static_cast<double>(kTimeMax)) ||
        static_cast<double>(static_cast<std::int64_t>(time)) != time)
      return false;
  }
  rebuild_times();
  return true;
}

void DenseHash::rebuild_times() {
  std::vector<RankedTree::Position> order;
  for (Position position = 0; position < table().size(); ++position) {
    if (time_ms(position) != kNoTime) order.push_back(narrow(position));
  }
  std::sort(order.begin(), order.end(), [this](auto a, auto b) {
    const double left = table().number(a), right = table().number(b);
    return left != right ? left < right : table().member(a) < table().member(b);
  });
  for (const RankedTree::Position position : order) enlist(position);
}

bool DenseHash::free_some(std::size_t count) {
  note_times(false);
  if (times_ != nullptr && !times_->free_some(count / 64 + 1)) return false;
  return TableCollection::free_some(count);
}

void DenseHash::enlist(Position position) {
  if (time_ms(position) == kNoTime) return;
  if (times_ == nullptr) times_ = std::make_unique<RankedTree>(table());
  times_->insert(narrow(position));
  note_times(true);
}

// Before the field's time changes.
void DenseHash::delist(Position position) {
  if (time_ms(position) == kNoTime) return;
  times_->erase(narrow(position));
  if (times_->count() == 0) times_.reset();
  note_times(times_ != nullptr);
}

std::uint64_t DenseHash::expired_count(std::int64_t now_ms) const {
  if (!has_times()) return 0;
  return times_->count_before(
      [&](RankedTree::Position position) { return time_ms(position) <= now_ms; });
}

std::int64_t DenseHash::next_time(std::int64_t ms) const {
  std::int64_t next = kNever;
  if (!has_times()) return next;
  times_->visit(expired_count(ms), 1, false, [&](RankedTree::Position position) {
    next = time_ms(position);
    return false;
  });
  return next;
}

void DenseHash::set(Position position, std::string_view value, std::int64_t time_ms) {
  delist(position);
  set_bytes(position, value, static_cast<double>(time_ms));
  enlist(position);
}

void DenseHash::remove(Position position) {
  delist(position);
  TableCollection::remove(position);
}

std::uint64_t DenseHash::drop_expired(base::UnixMillis now_ms, std::uint64_t count_max) {
  const std::uint64_t count = std::min(expired_count(now_ms), count_max);
  std::vector<Position> gone;
  gone.reserve(count);
  if (count > 0) {
    times_->visit(0, count, false, [&](RankedTree::Position position) {
      gone.push_back(position);
      return true;
    });
  }
  for (const Position position : gone) remove(position);
  return count;
}

void DenseHash::on_moved(Position from, Position to) {
  if (time_ms(from) != kNoTime) times_->replace(narrow(from), narrow(to));
}

// ---- view ----

std::optional<std::string_view> HashView::find(std::string_view field, char* scratch) const {
  if (dense_ != nullptr) {
    const auto position = dense_->table().find(field);
    if (position == DenseHash::kNone || dense_->is_expired(position, log_ms_)) return {};
    return dense_->table().bytes(position);
  }
  const Listpack listpack(packed_);
  const std::size_t at = listpack.find(Listpack::kFirst, field, 1);
  if (at == Listpack::kNone) return {};
  return listpack.at(listpack.next(at)).view(scratch);
}

bool HashView::contains(std::string_view field) const {
  char scratch[kScratchBytes];
  return find(field, scratch).has_value();
}

std::optional<std::int64_t> HashView::time_of(std::string_view field) const {
  if (!contains(field)) return {};
  return dense_ != nullptr ? dense_->time_ms(dense_->table().find(field)) : DenseHash::kNoTime;
}

// ---- owner ----

Hash::Hash(Value&& value, const HashSecret& secret) : secret_(secret) {
  if (value.is_packed()) {
    packed_ = value.take_packed(home_);
  } else {
    dense_ = value.take_collection();
  }
}

Value Hash::release() && {
  if (dense_) return Value::from_collection(std::move(dense_));
  return Value::from_packed(Type::kHash, Packing::kListpack, std::move(packed_), std::move(home_));
}

bool Hash::is_empty() const {
  if (!dense_) return Listpack(packed_).is_empty();
  return dense_->count() == 0 || dense_->is_over(log_ms_);
}

void Hash::grow_up() { dense_ ? dense().grow_up() : make_dense(false); }

void Hash::make_dense(bool is_small) {
  auto made = std::make_unique<DenseHash>(secret_, is_small);
  const Listpack listpack(packed_);
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t value = listpack.next(at);
    made->insert(listpack.at(at).view(field_scratch), listpack.at(value).view(value_scratch));
    at = listpack.next(value);
  }
  dense_ = CollectionRef(std::move(made));
  packed_.clear();
}

bool Hash::set(std::string_view field, std::string_view value, PackedLimits limits,
               bool keeps_time) {
  const bool is_long = field.size() > limits.bytes_max || value.size() > limits.bytes_max;
  if (is_small() && (is_long || !Listpack::has_room(packed_, field.size() + value.size())))
    grow_up();
  const bool is_new = dense_ ? set_dense(field, value, keeps_time) : set_packed(field, value);
  if (!is_small()) return is_new;
  const std::uint64_t count =
      dense_ ? dense().count() - dense().expired_count(log_ms_) : Listpack(packed_).count() / 2;
  // An overwrite converts too, if the limit was lowered meanwhile (Redis 7.0).
  if (count > limits.entries_max) grow_up();
  return is_new;
}

bool Hash::set_dense(std::string_view field, std::string_view value, bool keeps_time) {
  const auto probe = dense().table().probe(field);
  const auto position = dense().table().find(probe);
  if (position == DenseHash::kNone) {
    dense().insert(probe, value);
    return true;
  }
  const bool is_expired = dense().is_expired(position, log_ms_);
  const bool keeps = keeps_time && !is_expired;
  dense().set(position, value, keeps ? dense().time_ms(position) : DenseHash::kNoTime);
  return is_expired;
}

bool Hash::set_packed(std::string_view field, std::string_view value) {
  const Listpack listpack(packed_);
  const std::size_t at = listpack.find(Listpack::kFirst, field, 1);
  if (at != Listpack::kNone) {
    Listpack::replace(packed_, listpack.next(at), value);
    return false;
  }
  Listpack::append(packed_, field);
  Listpack::append(packed_, value);
  return true;
}

bool Hash::remove(std::string_view field) {
  if (dense_) {
    const auto position = dense().table().find(field);
    if (position == DenseHash::kNone) return false;
    const bool is_expired = dense().is_expired(position, log_ms_);
    dense().remove(position);
    return !is_expired;
  }
  const std::size_t at = Listpack(packed_).find(Listpack::kFirst, field, 1);
  if (at == Listpack::kNone) return false;
  Listpack::erase(packed_, at, 2);
  return true;
}

std::optional<std::int64_t> Hash::time_of(std::string_view field) const {
  const ValueView value =
      dense_ ? ValueView(dense_) : ValueView(Type::kHash, Packing::kListpack, packed_);
  return HashView(value, log_ms_).time_of(field);
}

void Hash::set_time(std::string_view field, std::int64_t time_ms) {
  if (!dense_) make_dense(true);
  const auto position = dense().table().find(field);
  CHECK(position != DenseHash::kNone && time_ms <= DenseHash::kTimeMax);
  if (dense().time_ms(position) == time_ms) return;
  dense().set(position, dense().table().bytes(position), time_ms);
}

std::uint64_t Hash::drop_expired(std::uint64_t count_max) {
  return dense_ ? dense().drop_expired(log_ms_, count_max) : 0;
}

}  // namespace engine
