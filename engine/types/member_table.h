// The ordered container of dense sets, hashes and sorted sets (DESIGN decision 2): members lie at
// positions 0..size-1, an index finds them. A new member takes the next position, a change keeps
// it. A removal leaves a hole until the step ends; then the last member moves into it; a member
// that returns within the step takes its old place.
//
// Layout: a member and its payload are one block: a byte that says how long the member is (and
// whether it is a hole), the member, the payload. Bytes may have a number behind them, which costs
// nothing where there is none. Blocks hang in chunks of 128 pointers, a chunk being a segment of
// checkpoints; a position index finds them. Growth copies nothing. Cost: O(1) find, insert, remove;
// 8 bytes + one allocation + 7 bytes of index a member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types/dense_table.h"
#include "engine/types/position_index.h"

namespace engine {

class MemberTable {
 public:
  using Position = std::uint64_t;
  static constexpr Position kNone = PositionIndex::kNone;
  static constexpr std::uint64_t kSegmentMembers = 128;
  // What belongs to a member: nothing (sets), a number (sorted sets), bytes, and a number that is
  // not 0 behind them or none (hashes).
  enum class Payload : std::uint8_t { kNone, kNumber, kBytes };

  explicit MemberTable(Payload payload) : payload_(payload) {}
  MemberTable(const MemberTable&) = delete;
  MemberTable& operator=(const MemberTable&) = delete;
  ~MemberTable();

  [[nodiscard]] std::uint64_t size() const { return size_; }  // positions, holes included
  [[nodiscard]] std::uint64_t count() const { return size_ - hole_count_; }
  [[nodiscard]] std::size_t memory_bytes() const { return bytes_; }
  // As Collection::content_bytes.
  [[nodiscard]] std::uint64_t content_bytes() const { return content_bytes_; }
  [[nodiscard]] static std::uint64_t segment_of(Position position) {
    return position / kSegmentMembers;
  }
  [[nodiscard]] std::uint64_t segment_end() const {
    return (size_ + kSegmentMembers - 1) / kSegmentMembers;
  }

  [[nodiscard]] Position find(const HashedKey& member) const;
  [[nodiscard]] bool is_hole(Position position) const { return (*block(position) & kHole) != 0; }
  // Views are valid until the member at that position changes.
  [[nodiscard]] std::string_view member(Position position) const;
  [[nodiscard]] std::string_view bytes(Position position) const;  // kBytes
  [[nodiscard]] double number(Position position) const;           // kNumber; kBytes: 0 for none
  // Whether a segment that was loaded had numbers behind bytes.
  [[nodiscard]] bool has_loaded_numbers() const { return has_loaded_numbers_; }

  // The position that inserting an absent member would take.
  [[nodiscard]] Position place_for(const HashedKey& member) const;
  // `member` must be absent. Of `bytes` and `number` what belongs to the payload counts.
  Position insert(const HashedKey& member, std::string_view bytes, double number);
  void set_bytes(Position position, std::string_view bytes, double number);
  void set_number(Position position, double number);
  // Leaves a hole. What it held can still be read until the step ends.
  void remove(Position position);

  [[nodiscard]] bool has_holes() const { return !holes_.empty(); }
  // `before_change(position)` is called for each position that is about to change, `moved(from,
  // to)` before the member at `from` moves into the hole at `to`.
  template <class BeforeChange, class Moved>
  void close_holes(BeforeChange before_change, Moved moved) {
    sort_holes();
    for (const Position position : holes_) {
      if (position >= size_ || !is_hole(position)) continue;  // filled again, or noted twice
      before_change(position);
      if (position != size_ - 1) {
        before_change(size_ - 1);
        moved(size_ - 1, position);
      }
      close_hole(position);
    }
    holes_.clear();
  }

  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const;
  // Segments come in order, all but the last of them full.
  [[nodiscard]] bool load_segment(std::uint64_t segment, std::string_view bytes);

  // Frees up to `count` members from the end; true when empty. Nobody reads the table any more.
  bool free_some(std::size_t count);

 private:
  static constexpr std::uint8_t kHole = 0x80;
  static constexpr std::size_t kContentPerMember = 24;
  struct Chunk {
    char* blocks[kSegmentMembers] = {};
  };

  [[nodiscard]] char*& block(Position position) {
    return chunks_[position / kSegmentMembers]->blocks[position % kSegmentMembers];
  }
  [[nodiscard]] const char* block(Position position) const {
    return chunks_[position / kSegmentMembers]->blocks[position % kSegmentMembers];
  }
  [[nodiscard]] auto hash_of_position() const {
    return [this](Position position) { return HashedKey::hash_of(member(position)); };
  }
  [[nodiscard]] std::size_t block_bytes(const char* block) const;
  [[nodiscard]] std::size_t size_of(std::string_view member, std::string_view bytes,
                                    double number) const;
  void put_payload(char* at, std::string_view bytes, double number) const;
  [[nodiscard]] char* make_block(std::string_view member, std::string_view bytes, double number);
  [[nodiscard]] Position find_raw(const HashedKey& member) const;  // holes too
  void replace_block(Position position, char* block);
  void sort_holes();
  void close_hole(Position position);
  void drop_last();
  [[nodiscard]] bool has_numbers(Position begin, Position end) const;

  Payload payload_;
  bool has_loaded_numbers_ = false;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint64_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t content_bytes_ = 0;  // blocks and kContentPerMember of each live member
  PositionIndex index_;
  std::vector<Position> holes_;  // made in this step, some filled again
  std::uint64_t hole_count_ = 0;
};

}  // namespace engine
