#include "engine/types/segment_parts.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace engine {

std::optional<SegmentParts> SegmentParts::cut(const SegmentOutline& outline,
                                              std::size_t piece_bytes, std::uint64_t pieces_max) {
  const std::vector<std::uint64_t>& sizes = outline.member_bytes;
  CHECK(sizes.size() < pieces_max / 2);
  const auto bytes = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  if (bytes <= piece_bytes) return {};
  // Each part may end in a row that is not full.
  SegmentParts parts(outline.has_numbers,
                     std::max<std::uint64_t>(piece_bytes, bytes / (pieces_max / 2) + 1));
  Part part;
  std::uint64_t part_bytes = 0;
  const auto end_part = [&](std::size_t end) {
    part.end = end;
    part.pieces = (part_bytes + parts.piece_bytes_ - 1) / parts.piece_bytes_;
    parts.parts_.push_back(part);
    part = {.first = end, .piece = part.piece + part.pieces};
    part_bytes = 0;
  };
  for (std::size_t member = 0; member < sizes.size(); ++member) {
    if (part_bytes > 0 && part_bytes + sizes[member] > parts.piece_bytes_) end_part(member);
    part_bytes += sizes[member];
  }
  end_part(sizes.size());
  CHECK(parts.pieces() <= pieces_max);
  return parts;
}

const SegmentParts::Part* SegmentParts::unwritten_with(std::size_t member) const {
  const auto found = std::ranges::upper_bound(parts_, member, {}, &Part::end);
  return found == parts_.end() || found->is_written ? nullptr : &*found;
}

const SegmentParts::Part* SegmentParts::next_unwritten() const {
  return is_written() ? nullptr : &parts_[next_];
}

void SegmentParts::set_written(const Part& part) {
  parts_[static_cast<std::size_t>(&part - parts_.data())].is_written = true;
  while (next_ < parts_.size() && parts_[next_].is_written) ++next_;
}

}  // namespace engine
