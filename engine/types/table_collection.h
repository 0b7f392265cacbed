// What dense sets, hashes and sorted sets have in common: a member table, a chunk of which is a
// segment.
#pragma once

#include <string>
#include <string_view>

#include "base/codec.h"
#include "engine/types/collection.h"
#include "engine/types/member_table.h"

namespace engine {

class TableCollection : public Collection {
 public:
  using Position = MemberTable::Position;
  static constexpr Position kNone = MemberTable::kNone;

  // `secret` must outlive the collection.
  TableCollection(MemberTable::Payload payload, const HashSecret& secret)
      : table_(payload, secret) {}

  [[nodiscard]] const MemberTable& table() const { return table_; }
  // The member is absent. Returns its position.
  Position insert(const MemberTable::Probe& member, std::string_view bytes, double number) {
    about_to_change_at(table_.place_for(member));
    return table_.insert(member, bytes, number);
  }
  Position insert(std::string_view member, std::string_view bytes, double number) {
    return insert(table_.probe(member), bytes, number);
  }
  void set_bytes(Position position, std::string_view bytes, double number) {
    about_to_change_at(position);
    table_.set_bytes(position, bytes, number);
  }
  void set_number(Position position, double number) {
    about_to_change_at(position);
    table_.set_number(position, number);
  }
  void remove(Position position) {
    about_to_change_at(position);
    table_.remove(position);
  }

  [[nodiscard]] std::uint64_t count() const override { return table_.count(); }
  [[nodiscard]] std::uint64_t content_bytes() const override { return table_.content_bytes(); }
  [[nodiscard]] bool has_holes() const override { return table_.has_holes(); }
  void end_step() override {
    table_.close_holes([this](Position position) { about_to_change_at(position); },
                       [this](Position from, Position to) { on_moved(from, to); });
  }

  void encode_head(std::string& out) const override { base::Encoder(out).varint(table_.size()); }
  [[nodiscard]] std::uint64_t segment_end() const override { return table_.segment_end(); }
  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const override {
    return segment < table_.segment_end() ? table_.encode_segment(segment) : std::string();
  }
  [[nodiscard]] SegmentOutline outline_of(std::uint64_t segment) const override {
    return segment < table_.segment_end() ? table_.outline_of(segment) : SegmentOutline();
  }
  [[nodiscard]] std::string encode_members(std::uint64_t segment, std::size_t first,
                                           std::size_t end, bool has_numbers) const override {
    const MemberTable::Position begin = segment * MemberTable::kSegmentMembers;
    return table_.encode_members(begin + first, begin + end, has_numbers);
  }
  [[nodiscard]] bool load_head(std::string_view head) override {
    base::Decoder in(head);
    return load_size(in) && in.at_end();
  }
  [[nodiscard]] bool load_segment(std::uint64_t segment, std::string_view bytes) override {
    return table_.load_segment(segment, bytes);
  }
  [[nodiscard]] bool finish_load() override { return table_.is_loaded(); }
  bool free_some(std::size_t count) override { return table_.free_some(count); }

 protected:
  [[nodiscard]] bool load_size(base::Decoder& in) {
    const std::uint64_t size = in.varint();
    if (!in.ok() || size == 0 || size > PositionIndex::kPositionsMax) return false;
    table_.begin_load(static_cast<std::uint32_t>(size));
    return true;
  }
  // The member at `from` is about to move into the hole at `to`.
  virtual void on_moved(Position /*from*/, Position /*to*/) {}
  // All live members of another, in their order.
  void copy_members(const TableCollection& other, MemberTable::Payload payload);

  [[nodiscard]] bool is_marked() const { return is_marked_; }
  void mark(bool is_marked) { is_marked_ = is_marked; }

 private:
  void about_to_change_at(MemberTable::Position position) {
    about_to_change(MemberTable::segment_of(position), position % MemberTable::kSegmentMembers);
  }

  bool is_marked_ = false;  // of the derived class's own meaning, where there is room for it
  MemberTable table_;
};

inline void TableCollection::copy_members(const TableCollection& other,
                                          MemberTable::Payload payload) {
  using Payload = MemberTable::Payload;
  const MemberTable& table = other.table();
  for (Position position = 0; position < table.size(); ++position) {
    if (table.is_hole(position)) continue;
    table_.insert(table.member(position),
                  payload == Payload::kBytes ? table.bytes(position) : std::string_view(),
                  payload == Payload::kNone ? 0 : table.number(position));
  }
}

}  // namespace engine
