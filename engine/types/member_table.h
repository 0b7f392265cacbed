// The ordered container of dense sets, hashes and sorted sets (DESIGN decision 2): members lie at
// positions 0..size-1. A new member takes the next position, a change keeps it. A removal leaves a
// hole until the step ends; then the last member moves into it; a member that returns within the
// step takes its old place.
//
// Layout: a member and its payload are one block (engine/types/member_block.h). Up to 128 members
// are a small table: an array of pointers to blocks, which grows with them, and behind it a byte of
// each member's hash, which is searched in a row. A larger table hangs its blocks in chunks of 128
// pointers and finds them by a position index. A chunk is a segment of checkpoints. Growth copies
// no members. Cost: O(1) find, insert, remove; an allocation, 9 bytes small and 8 + 5 to 13 bytes
// large a member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types/hash_secret.h"
#include "engine/types/hole_list.h"
#include "engine/types/member_block.h"
#include "engine/types/position_index.h"
#include "engine/types/segment_parts.h"

namespace engine {

class MemberTable {
 public:
  using Position = std::uint64_t;
  using Payload = MemberBlock::Payload;
  static constexpr Position kNone = PositionIndex::kNone;
  static constexpr std::uint64_t kSegmentMembers = 128;

  // `secret` must outlive the table.
  MemberTable(Payload payload, const HashSecret& secret) : secret_(&secret), payload_(payload) {}
  MemberTable(const MemberTable&) = delete;
  MemberTable& operator=(const MemberTable&) = delete;
  ~MemberTable();

  [[nodiscard]] std::uint64_t size() const { return size_; }  // positions, holes included
  [[nodiscard]] std::uint64_t count() const { return size_ - hole_count_; }
  // Of what hangs from the table: what is allocated if it has only grown. A function of what lies
  // in it.
  [[nodiscard]] std::size_t memory_bytes() const { return bytes_ + array_bytes(count()); }
  // As Collection::content_bytes.
  [[nodiscard]] std::uint64_t content_bytes() const { return bytes_ + kContentPerMember * count(); }
  [[nodiscard]] static std::uint64_t segment_of(Position position) {
    return position / kSegmentMembers;
  }
  [[nodiscard]] std::uint64_t segment_end() const {
    return (size_ + kSegmentMembers - 1) / kSegmentMembers;
  }

  // A member with what finds it in this table, computed once for a search and an insertion. Valid
  // until the table changes; the bytes are borrowed.
  struct Probe {
    std::string_view bytes;
    std::uint64_t hash = 0;
  };
  [[nodiscard]] Probe probe(std::string_view member) const {
    return {member, is_large_ ? large_->secret.hash_of(member) : tag_of(member)};
  }
  [[nodiscard]] Position find(std::string_view member) const { return find(probe(member)); }
  [[nodiscard]] Position find(const Probe& member) const;
  [[nodiscard]] bool is_hole(Position position) const {
    return MemberBlock::is_hole(block(position));
  }
  // Views are valid until the member at that position changes.
  [[nodiscard]] std::string_view member(Position position) const {
    return MemberBlock::member(block(position));
  }
  [[nodiscard]] std::string_view bytes(Position position) const {  // kBytes
    return MemberBlock::bytes(block(position));
  }
  [[nodiscard]] double number(Position position) const {  // kNumber; kBytes: 0 for none
    return MemberBlock::number(block(position), payload_);
  }
  [[nodiscard]] const HashSecret& secret() const { return *secret_; }
  // Whether a segment that was loaded had numbers behind bytes.
  [[nodiscard]] bool has_loaded_numbers() const { return has_loaded_numbers_; }

  // The position that inserting an absent member would take.
  [[nodiscard]] Position place_for(std::string_view member) const {
    return place_for(probe(member));
  }
  [[nodiscard]] Position place_for(const Probe& member) const {
    const Position hole = hole_count_ == 0 ? kNone : find_raw(member);
    return hole == kNone ? size_ : hole;
  }
  // `member` must be absent. Of `bytes` and `number` what belongs to the payload counts.
  Position insert(const Probe& member, std::string_view bytes, double number);
  Position insert(std::string_view member, std::string_view bytes, double number) {
    return insert(probe(member), bytes, number);
  }
  void set_bytes(Position position, std::string_view bytes, double number);
  void set_number(Position position, double number) {
    MemberBlock::set_number(block(position), number);
  }
  // Leaves a hole. What it held can still be read until the step ends.
  void remove(Position position);

  [[nodiscard]] bool has_holes() const { return hole_count_ > 0; }
  // `before_change(position)` is called for each position that is about to change, `moved(from,
  // to)` before the member at `from` moves into the hole at `to`.
  template <class BeforeChange, class Moved>
  void close_holes(BeforeChange before_change, Moved moved) {
    for (Position position = next_hole(size_); position != kNone; position = next_hole(position)) {
      before_change(position);
      if (position != size_ - 1) {
        before_change(size_ - 1);
        moved(size_ - 1, position);
      }
      close_hole(position);
    }
    shrink();
  }

  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const;
  [[nodiscard]] SegmentOutline outline_of(std::uint64_t segment) const;
  // Positions of one segment; `has_numbers`: the segment has some behind bytes.
  [[nodiscard]] std::string encode_members(Position begin, Position end, bool has_numbers) const;
  // So many members are to be loaded; whether that is what there is.
  void begin_load(std::uint32_t size) { size_to_load_ = size; }
  [[nodiscard]] bool is_loaded() const { return size_ == size_to_load_; }
  // Segments come in order, all but the last of them full.
  [[nodiscard]] bool load_segment(std::uint64_t segment, std::string_view bytes);

  // Frees up to `count` members from the end; true when empty. Nobody reads the table any more.
  bool free_some(std::size_t count);

 private:
  static constexpr std::size_t kContentPerMember = 24;
  static constexpr std::uint64_t kSmallMax = kSegmentMembers;
  static constexpr std::uint64_t kSmallAgain = kSmallMax / 2;  // a large table becomes small
  static constexpr std::size_t kSmallPlaceBytes = sizeof(char*) + 1;
  struct Large {
    std::vector<std::unique_ptr<char*[]>> chunks;
    HashSecret secret;  // as it was when the index was begun
    PositionIndex index;
    HoleList holes;  // of this step
  };

  // How many the block that holds `count` places of a small table has room for.
  [[nodiscard]] static std::uint8_t small_capacity(std::uint64_t count);
  // What the places of so many members take.
  [[nodiscard]] static std::size_t array_bytes(std::uint64_t count);
  [[nodiscard]] static std::uint8_t tag_of(std::string_view member);

  [[nodiscard]] char*& block(Position position) {
    return is_large_ ? large_->chunks[position / kSegmentMembers][position % kSegmentMembers]
                     : small_[position];
  }
  [[nodiscard]] const char* block(Position position) const {
    return is_large_ ? large_->chunks[position / kSegmentMembers][position % kSegmentMembers]
                     : small_[position];
  }
  // Behind the pointers of a small table.
  [[nodiscard]] std::uint8_t* tags() const {
    return reinterpret_cast<std::uint8_t*>(small_ + capacity_);
  }
  [[nodiscard]] auto hash_of_position() const {
    return [this](Position position) { return large_->secret.hash_of(member(position)); };
  }
  [[nodiscard]] Position find_raw(const Probe& member) const;  // holes too
  void append(const Probe& member, char* made);
  void replace_block(Position position, char* made);
  void resize_small(std::uint8_t capacity);
  void become_large();
  void become_small();
  void shrink();
  // The last hole before `end`; kNone.
  [[nodiscard]] Position next_hole(Position end);
  void close_hole(Position position);
  void drop_last();
  [[nodiscard]] bool has_numbers(Position begin, Position end) const;
  [[nodiscard]] std::uint64_t encoded_bytes(Position position, bool has_numbers) const;

  union {
    char** small_ = nullptr;  // null: no capacity
    Large* large_;            // owned
  };
  const HashSecret* secret_;
  std::size_t bytes_ = 0;  // of the blocks that are no holes
  std::uint32_t size_ = 0;
  std::uint32_t hole_count_ = 0;
  std::uint32_t size_to_load_ = 0;
  Payload payload_;
  bool has_loaded_numbers_ = false;
  bool is_large_ = false;
  std::uint8_t capacity_ = 0;  // of a small table
};

}  // namespace engine
