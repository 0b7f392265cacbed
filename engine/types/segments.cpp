#include "engine/types/segments.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/types/collection.h"

namespace engine {
namespace {

// Of the budget, for a segment whose row turns out to be small.
constexpr std::size_t kLookBytes = 4096;

}  // namespace

void Segments::touch(std::uint64_t segment, std::size_t member, const Collection& owner) {
  if (is_deletion_begun_) return;  // what is frozen now are rows to delete
  if (frozen_.has(segment)) write_before_change(segment, member, owner);
  dirty_.add(segment);
}

void Segments::write_before_change(std::uint64_t segment, std::size_t member,
                                   const Collection& owner) {
  SegmentParts* parts = parts_of(segment, owner);
  if (parts == nullptr) return write_whole(segment, owner);
  if (const SegmentParts::Part* part = parts->unwritten_with(member))
    write_part(segment, *parts, *part, owner);
}

void Segments::write_whole(std::uint64_t segment, const Collection& owner) {
  frozen_.remove(segment);
  emitted_.add(segment);
  add_rows(segment, owner.encode_segment(segment));
}

SegmentParts* Segments::parts_of(std::uint64_t segment, const Collection& owner) {
  if (const auto found = parts_.find(segment); found != parts_.end()) return &found->second;
  auto parts = SegmentParts::cut(owner.outline_of(segment), kPieceBytes, kPiecesMax);
  if (!parts) return nullptr;
  replace_pieces(segment, parts->pieces());
  return &parts_.emplace(segment, std::move(*parts)).first->second;
}

void Segments::write_part(std::uint64_t segment, SegmentParts& parts,
                          const SegmentParts::Part& part, const Collection& owner) {
  const std::size_t before = ready_.size();
  add_pieces(segment * kPiecesMax + part.piece,
             owner.encode_members(segment, part.first, part.end, parts.has_numbers()),
             parts.piece_bytes());
  CHECK(ready_.size() - before == part.pieces);
  parts.set_written(part);
  if (!parts.is_written()) return;
  parts_.erase(segment);
  frozen_.remove(segment);
  emitted_.add(segment);
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
  replace_pieces(segment, pieces);
  add_pieces(segment * kPiecesMax, std::move(bytes), kPieceBytes);
}

void Segments::add_pieces(std::uint64_t block, std::string bytes, std::size_t piece_bytes) {
  const base::RowKey first{keyspace_ | kKeyspaceBit, value_, 0, block};
  if (bytes.empty()) return;
  if (bytes.size() <= piece_bytes) return ready_.push_back({first, std::move(bytes)});
  base::RowKey key = first;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes, ++key.block)
    ready_.push_back({key, bytes.substr(at, piece_bytes)});
}

// The segment will have so many pieces: those that it had beyond are deleted.
void Segments::replace_pieces(std::uint64_t segment, std::uint64_t pieces) {
  std::uint64_t before = stored_.has(segment) ? 1 : 0;
  if (const auto found = pieces_.find(segment); found != pieces_.end()) before = found->second;
  for (std::uint64_t piece = pieces; piece < before; ++piece)
    ready_.push_back({{keyspace_ | kKeyspaceBit, value_, 0, segment * kPiecesMax + piece}, {}});
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
    if (SegmentParts* parts = parts_of(cursor_, owner)) {
      write_part(cursor_, *parts, *parts->next_unwritten(), owner);
    } else {
      write_whole(cursor_, owner);
    }
    take_ready(budget, rows);
    budget -= std::min(budget, kLookBytes);
  }
}

bool Segments::emit_deletion(std::size_t& budget, std::vector<base::Row>& rows) {
  CHECK(has_left_);
  if (!is_deletion_begun_) {
    is_deletion_begun_ = true;
    ready_.clear();
    parts_.clear();
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
  CHECK(ready_.empty() && parts_.empty());
  emitted_.clear();
}

void Segments::abandon() {
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  frozen_.clear();
  emitted_.clear();
  parts_.clear();
  ready_.clear();
  is_deletion_begun_ = false;
}

}  // namespace engine
