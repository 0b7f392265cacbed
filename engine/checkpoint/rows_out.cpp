#include "engine/checkpoint/rows_out.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/codec.h"

namespace engine::checkpoint {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;  // a row of keys is cut behind the key that ends it

// What is kept costs this beyond its bytes, and may cost so much, or the given part of the memory
// that the keys take.
constexpr std::size_t kKeptCost = 96, kKeptBytes = 16 * 1024 * 1024, kKeptPart = 16;

void make_all_dirty(Collection& collection) {
  const std::uint64_t end = collection.segment_end();
  for (std::uint64_t i = collection.next_segment(0); i < end; i = collection.next_segment(i + 1))
    collection.segments()->make_dirty(i);
}

}  // namespace

void RowsOut::leave(const Collection& collection) {
  const std::shared_ptr<Segments>& segments = collection.segments();
  if (segments == nullptr || segments->has_left()) return;
  segments->leave();
  gone_.push_back(segments);
}

void RowsOut::abandon() {
  // What it had taken counts as changed again; the store may or may not hold its blocks.
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  for (const auto& [place, blocks] : emitted_blocks_)
    stored_blocks_[place] = std::max(stored_blocks_[place], blocks);
  emitted_blocks_.clear();
  emitted_.clear();
  for (const auto& segments : written_) segments->abandon();
  for (const auto& segments : gone_frozen_) segments->abandon();
  written_.clear();
  frozen_.clear();
  pending_.clear();
  kept_.clear();
  draining_from_.reset();
  pending_bytes_ = kept_bytes_ = 0;
}

void RowsOut::freeze(bool is_full) {
  abandon();
  gone_frozen_.insert(gone_frozen_.end(), gone_.begin(), gone_.end());
  gone_.clear();
  if (is_full) dirty_.add_below((table_.size() + kKeysPerRow - 1) / kKeysPerRow);
  is_full_ = is_full;
  frozen_ = std::move(dirty_);
  dirty_.clear();
  frozen_size_ = table_.size();
  cursor_ = 0;
}

// A value that is too large for its row gets rows of its own, for as long as it stays in this
// keyspace. It is shared, not copied.
std::uint64_t RowsOut::emit_segments_later(const CollectionRef& value) {
  if (!value) return 0;
  const bool was_elsewhere = value->segments() != nullptr && value->segments()->has_left();
  if (was_elsewhere) value->attach(nullptr);
  if (value->segments() == nullptr) {
    if (!wants_segments(ValueView(value))) return 0;
    value->attach(std::make_shared<Segments>(id_, next_value_id_++));
    make_all_dirty(*value);
  } else if (is_full_) {
    make_all_dirty(*value);
  }
  value->segments()->freeze();
  written_.push_back(value->segments());
  pending_.push_back({.value = value});
  return value->segments()->value();
}

void RowsOut::emit_blocks_later(const BlockPlace& place, std::string_view bytes) {
  const auto stored = stored_blocks_.find(place);
  const std::uint64_t before = stored == stored_blocks_.end() ? 0 : stored->second;
  const std::uint64_t blocks = blocks_for(bytes.size()), end = std::max(blocks, before);
  if (end == 0) return;
  emitted_blocks_[place] = blocks;
  pending_bytes_ += bytes.size();
  Pending& pending = pending_.emplace_back();
  for (std::uint64_t i = 0; i < end; ++i) {
    const std::size_t at = std::min<std::size_t>(i * kBlockBytes, bytes.size());
    pending.blocks.push_back(
        {{id_, place.first, place.second, i}, std::string(bytes.substr(at, kBlockBytes))});
  }
}

std::string RowsOut::decide(Position position) {
  const Entry& entry = table_.at(position);
  const std::uint64_t value_id = emit_segments_later(entry.value().apart());
  std::string row = encode_row(entry, value_id);
  emit_blocks_later({position, kValueBlocks}, {});
  emit_blocks_later({position, kKeyBlocks}, has_key_blocks(entry) ? entry.key() : "");
  return row;
}

// Its entry is about to change, and its row waits for the sweep.
void RowsOut::keep(Position position) {
  const auto next = kept_.lower_bound(position);
  if (next != kept_.end() && next->first == position) return;
  const auto kept = kept_.emplace_hint(next, position, decide(position));
  kept_bytes_ += kept->second.size() + kKeptCost;
}

std::string RowsOut::take_kept(Kept::iterator& next) {
  std::string row = std::move(next->second);
  kept_bytes_ -= row.size() + kKeptCost;
  next = kept_.erase(next);
  return row;
}

std::size_t RowsOut::kept_bytes_max() const {
  return std::max(kKeptBytes, static_cast<std::size_t>(table_.memory_bytes() / kKeptPart));
}

std::size_t RowsOut::pending_bytes() const {
  const std::size_t most = kept_bytes_max();
  return pending_bytes_ + (kept_bytes_ > most ? kept_bytes_ - most : 0);
}

// The store writes a page of its file once for all rows of a transaction in it: so rows go in
// order, also those that go early because too much is kept for them.
std::optional<RowsOut::RowNumber> RowsOut::next_row() {
  if (kept_bytes_ > kept_bytes_max() && !draining_from_) draining_from_ = 0;
  if (draining_from_) {
    const auto kept = kept_.lower_bound(*draining_from_);
    if (kept != kept_.end()) {
      const RowNumber number = kept->first / kKeysPerRow;
      draining_from_ = (number + 1) * kKeysPerRow;
      return number;
    }
    draining_from_.reset();
  }
  cursor_ = frozen_.next(cursor_);
  if (cursor_ == Bitmap::kNone) return {};
  return cursor_;
}

// What the row of keys that begins at `first` says, cut into pieces.
std::vector<std::string> RowsOut::pieces_of(Position first) {
  std::vector<std::string> pieces;
  auto kept = kept_.lower_bound(first);
  for (Position position = first; position < first + kKeysPerRow; ++position) {
    if (position >= frozen_size_) {  // blocks that are no more
      emit_blocks_later({position, kValueBlocks}, {});
      emit_blocks_later({position, kKeyBlocks}, {});
      continue;
    }
    const bool is_kept = kept != kept_.end() && kept->first == position;
    const std::string row = is_kept ? take_kept(kept) : decide(position);
    if (pieces.empty() || pieces.back().size() >= kPieceBytes) pieces.emplace_back(1, kKeysVersion);
    base::Encoder(pieces.back()).bytes(row);
  }
  return pieces;
}

void RowsOut::emit_row(RowNumber number, std::size_t& budget, std::vector<base::Row>& rows) {
  frozen_.remove(number);
  emitted_.add(number);
  was_stored_ = true;
  const Position first = number * kKeysPerRow;
  std::vector<std::string> pieces = pieces_of(first);
  const BlockPlace place(first, kRow);
  const auto stored = stored_blocks_.find(place);
  const std::uint64_t before = stored == stored_blocks_.end() ? 1 : stored->second;
  if (before > 1 || pieces.size() > 1) emitted_blocks_[place] = pieces.size();
  pieces.resize(std::max<std::size_t>(pieces.size(), before));
  for (std::uint64_t i = 0; i < pieces.size(); ++i) {
    budget -= std::min(budget, pieces[i].size() + sizeof(base::Row));
    rows.push_back({{id_, first, kRow, i}, std::move(pieces[i])});
  }
  for (Position position = first + 1; position < first + kKeysPerRow; ++position) {
    if (old_rows_.has(position)) rows.push_back({{id_, position, kRow, 0}, {}});
  }
}

// False if the budget ran out before the end of it.
bool RowsOut::take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows) {
  for (; !pending.blocks.empty() && budget > 0; pending.blocks.pop_front()) {
    base::Row& block = pending.blocks.front();
    pending_bytes_ -= block.body.size();
    budget -= std::min(budget, block.body.size() + sizeof(base::Row));
    rows.push_back(std::move(block));
  }
  if (!pending.value) return pending.blocks.empty();
  return pending.value->segments()->emit(*pending.value, budget, rows);
}

bool RowsOut::take_pending(std::size_t& budget, std::vector<base::Row>& rows) {
  while (!pending_.empty() && budget > 0) {
    if (take_from(pending_.front(), budget, rows)) pending_.pop_front();
  }
  return pending_.empty();
}

bool RowsOut::emit(std::size_t& budget, std::vector<base::Row>& rows) {
  while (take_pending(budget, rows)) {
    if (budget == 0) return false;
    const std::optional<RowNumber> next = next_row();
    if (!next) {
      cursor_ = 0;
      frozen_.clear();
      return emit_deletions(budget, rows);
    }
    emit_row(*next, budget, rows);
  }
  return false;
}

bool RowsOut::emit_deletions(std::size_t& budget, std::vector<base::Row>& rows) {
  for (const auto& segments : gone_frozen_) {
    if (!segments->emit_deletion(budget, rows)) return false;
  }
  return true;
}

void RowsOut::finish() {
  CHECK(pending_.empty() && kept_.empty());
  for (Position position = old_rows_.next(0); position != Bitmap::kNone;
       position = old_rows_.next(position + 1)) {
    if (emitted_.has(position / kKeysPerRow)) old_rows_.remove(position);
  }
  emitted_.clear();
  for (const auto& segments : written_) segments->finish();
  written_.clear();
  gone_frozen_.clear();
  for (const auto& [place, blocks] : emitted_blocks_) {
    if (blocks > 0) {
      stored_blocks_[place] = blocks;
    } else {
      stored_blocks_.erase(place);
    }
  }
  emitted_blocks_.clear();
}

}  // namespace engine::checkpoint
