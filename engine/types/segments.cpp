#include "engine/types/segments.h"

#include <algorithm>

#include "base/check.h"
#include "engine/types/collection.h"

namespace engine {
namespace {

// Of the budget, for a segment whose row turns out to be small.
constexpr std::size_t kLookBytes = 4096;

}  // namespace

void Segments::touch(std::uint64_t segment, const Collection& owner) {
  if (is_deletion_begun_) return;  // what is frozen now are rows to delete
  if (frozen_.has(segment)) {
    frozen_.remove(segment);
    emitted_.add(segment);
    add_rows(segment, owner.encode_segment(segment));
  }
  dirty_.add(segment);
}

void Segments::freeze() {
  frozen_ = std::move(dirty_);
  dirty_.clear();
  cursor_ = 0;
}

// Rows for what the segment is now, and deletions of the pieces that it no longer has.
void Segments::add_rows(std::uint64_t segment, std::string bytes) {
  const std::uint64_t pieces = (bytes.size() + kPieceBytes - 1) / kPieceBytes;
  CHECK(pieces < kPiecesMax);
  std::uint64_t before = stored_.has(segment) ? 1 : 0;
  if (const auto found = pieces_.find(segment); found != pieces_.end()) before = found->second;
  const base::RowKey first{keyspace_ | kKeyspaceBit, value_, 0, segment * kPiecesMax};
  const auto key_of = [&first](std::uint64_t piece) {
    base::RowKey key = first;
    key.block += piece;
    return key;
  };
  if (pieces == 1) {
    ready_.push_back({key_of(0), std::move(bytes)});
  } else {
    for (std::uint64_t piece = 0; piece < pieces; ++piece)
      ready_.push_back({key_of(piece), bytes.substr(piece * kPieceBytes, kPieceBytes)});
  }
  for (std::uint64_t piece = pieces; piece < before; ++piece) ready_.push_back({key_of(piece), {}});
  note_stored(segment, std::max(pieces, before));
}

void Segments::note_stored(std::uint64_t segment, std::uint64_t pieces) {
  if (pieces > 0) stored_.add(segment);
  if (pieces > 1) pieces_[segment] = pieces;
}

void Segments::take_ready(std::size_t& budget, std::vector<base::Row>& rows) {
  for (; !ready_.empty() && budget > 0; ready_.pop_front()) {
    budget -= std::min(budget, ready_.front().body.size() + sizeof(base::Row));
    rows.push_back(std::move(ready_.front()));
  }
}

bool Segments::emit(const Collection& owner, std::size_t& budget, std::vector<base::Row>& rows) {
  CHECK(owner.segments().get() == this);
  while (true) {
    take_ready(budget, rows);
    if (!ready_.empty()) return false;
    cursor_ = frozen_.next(cursor_);
    if (cursor_ == Bitmap::kNone) {
      cursor_ = 0;
      frozen_.clear();
      return true;
    }
    if (budget == 0) return false;
    frozen_.remove(cursor_);
    emitted_.add(cursor_);
    add_rows(cursor_, owner.encode_segment(cursor_));
    take_ready(budget, rows);
    budget -= std::min(budget, kLookBytes);
  }
}

bool Segments::emit_deletion(std::size_t& budget, std::vector<base::Row>& rows) {
  CHECK(has_left_);
  if (!is_deletion_begun_) {
    is_deletion_begun_ = true;
    ready_.clear();
    frozen_ = stored_;
    cursor_ = 0;
  }
  while (true) {
    take_ready(budget, rows);
    if (!ready_.empty()) return false;
    cursor_ = frozen_.next(cursor_);
    if (cursor_ == Bitmap::kNone) return true;
    if (budget == 0) return false;
    frozen_.remove(cursor_);
    add_rows(cursor_, {});
  }
}

void Segments::finish() {
  CHECK(ready_.empty());
  emitted_.clear();
}

void Segments::abandon() {
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  frozen_.clear();
  emitted_.clear();
  ready_.clear();
  is_deletion_begun_ = false;
}

}  // namespace engine
