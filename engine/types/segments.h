// Which segments of a large value changed, wait to be written, and lie in the store (DESIGN
// decision 18): a value that is too large for one row is written as rows of its own, a few for each
// segment, under a value id that stays with it when its key moves or is renamed.
//
// One checkpoint at a time: freeze() takes what changed since the last one; a frozen segment about
// to change is encoded first (touch), of a large one the part with the member that changes; emit()
// hands out rows; finish() or abandon() ends it. As long
// as a frozen segment waits, its collection stays attached, so that no change goes unannounced,
// also after the value has left its keyspace (leave).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/row.h"
#include "engine/types/bitmap.h"
#include "engine/types/segment_parts.h"

namespace engine {

class Collection;

class Segments {
 public:
  // Rows of a keyspace's large values lie under this id, behind all rows of keys.
  static constexpr std::uint64_t kKeyspaceBit = 1ULL << 62;
  // A segment is cut into rows of at most this size; the row's block is segment * kPiecesMax +
  // piece.
  static constexpr std::size_t kPieceBytes = 512 * 1024;
  static constexpr std::uint64_t kPiecesMax = 1U << 16;

  Segments(std::uint64_t keyspace, std::uint64_t value) : keyspace_(keyspace), value_(value) {}

  [[nodiscard]] std::uint64_t keyspace() const { return keyspace_; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

  // Before `segment` of `owner` changes, appears or disappears; `member`: in it, where segments
  // have some. Each member that changes is announced.
  void touch(std::uint64_t segment, std::size_t member, const Collection& owner);

  // The value is no part of the keyspace any more: it was dropped, or it lives on in another one.
  // What is frozen is still written; emit_deletion() in the next checkpoint ends it.
  void leave() { has_left_ = true; }
  [[nodiscard]] bool has_left() const { return has_left_; }

  // ---- checkpoint ----
  void make_dirty(std::uint64_t segment) { dirty_.add(segment); }
  void freeze();
  // Moves rows to `rows` and takes their size from `budget` until it is used up or none is left
  // (true). `owner` may differ from what was frozen only by touched segments.
  bool emit(const Collection& owner, std::size_t& budget, std::vector<base::Row>& rows);
  // For a value that has left: the rows that delete what the store may hold of it.
  bool emit_deletion(std::size_t& budget, std::vector<base::Row>& rows);
  void finish();
  void abandon();

  // ---- load ----
  void note_stored(std::uint64_t segment, std::uint64_t pieces);

 private:
  void write_before_change(std::uint64_t segment, std::size_t member, const Collection& owner);
  void write_whole(std::uint64_t segment, const Collection& owner);
  // nullptr: the segment is small.
  SegmentParts* parts_of(std::uint64_t segment, const Collection& owner);
  void write_part(std::uint64_t segment, SegmentParts& parts, const SegmentParts::Part& part,
                  const Collection& owner);
  void add_rows(std::uint64_t segment, std::string bytes);
  void add_pieces(std::uint64_t block, std::string bytes, std::size_t piece_bytes);
  void replace_pieces(std::uint64_t segment, std::uint64_t pieces);
  void take_ready(std::size_t& budget, std::vector<base::Row>& rows);

  std::uint64_t keyspace_, value_;
  Bitmap dirty_, frozen_, emitted_;
  std::uint64_t cursor_ = 0;
  std::map<std::uint64_t, SegmentParts> parts_;    // of frozen segments, some parts written
  Bitmap stored_;                                  // may be in the store
  std::map<std::uint64_t, std::uint64_t> pieces_;  // of those with more than one, as many as may be
  std::deque<base::Row> ready_;                    // decided, not yet taken
  bool has_left_ = false;
  bool is_deletion_begun_ = false;
};

}  // namespace engine
