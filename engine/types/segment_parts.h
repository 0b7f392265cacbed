// How a large segment is cut for a checkpoint: into parts, each of them members in a row that
// together fill at most one row of the store, or one member that fills more. Each part can be
// written by itself, so that the change of one member has no more than its part encoded first.
// Invariant: the parts in their order, and the rows of each in theirs, are the segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace engine {

// Of a segment, as it is to be encoded.
struct SegmentOutline {
  bool has_numbers = false;                 // MemberTable: behind bytes
  std::vector<std::uint64_t> member_bytes;  // encoded; none: it is always written whole
};

class SegmentParts {
 public:
  struct Part {
    std::size_t first = 0, end = 0;  // members
    std::uint64_t piece = 0;         // its first row
    std::uint64_t pieces = 0;
    bool is_written = false;
  };
  // In rows of at most `piece_bytes`, or larger ones if they were more than `pieces_max`. nullopt:
  // it fits into one.
  [[nodiscard]] static std::optional<SegmentParts> cut(const SegmentOutline& outline,
                                                       std::size_t piece_bytes,
                                                       std::uint64_t pieces_max);

  [[nodiscard]] bool has_numbers() const { return has_numbers_; }
  [[nodiscard]] std::size_t piece_bytes() const { return piece_bytes_; }
  [[nodiscard]] std::uint64_t pieces() const { return parts_.back().piece + parts_.back().pieces; }
  // The part of a member that is not written yet; nullptr: there is none.
  [[nodiscard]] const Part* unwritten_with(std::size_t member) const;
  [[nodiscard]] const Part* next_unwritten() const;
  void set_written(const Part& part);
  [[nodiscard]] bool is_written() const { return next_ == parts_.size(); }

 private:
  SegmentParts(bool has_numbers, std::size_t piece_bytes)
      : has_numbers_(has_numbers), piece_bytes_(piece_bytes) {}

  bool has_numbers_;
  std::size_t piece_bytes_;
  std::vector<Part> parts_;
  std::size_t next_ = 0;  // all before it are written
};

}  // namespace engine
