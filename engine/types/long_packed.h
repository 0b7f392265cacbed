// A packed collection that is kept apart from its key, because it is longer than
// kPackedStringBytesMax: the same bytes in an object of its own, cut into segments of 64 KB for
// checkpoints as long strings are (long_text.h).
//
// Invariant: each segment is announced before its bytes go and before they come, so that what a
// checkpoint under way has not written yet is written as it was. Whoever changes the collection
// takes the bytes out and puts them back (Value::take_packed and from_packed do), because a change
// in the middle moves everything behind it. Neither copies what need not be written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/types/allocation.h"
#include "engine/types/collection.h"
#include "engine/types/value.h"

namespace engine {

class LongPacked final : public Collection {
 public:
  static constexpr std::size_t kSegmentBytes = 64 * 1024;

  // Without bytes: they are put or loaded.
  explicit LongPacked(Type type) : Collection(true), type_(type) {}

  [[nodiscard]] Packing packing() const { return packing_; }
  [[nodiscard]] std::string_view view() const { return bytes_; }
  // Nothing else is asked of it until they are put back.
  [[nodiscard]] std::string take();
  void put(Packing packing, std::string bytes);

  [[nodiscard]] Type type() const override { return type_; }
  [[nodiscard]] std::string_view encoding() const override;
  // One piece, which costs no time to free.
  [[nodiscard]] std::uint64_t count() const override { return 1; }
  [[nodiscard]] std::size_t memory_bytes() const override {
    return allocation_bytes(sizeof *this) + allocation_bytes(bytes_.size() + 1);
  }
  [[nodiscard]] std::uint64_t content_bytes() const override { return bytes_.size(); }
  [[nodiscard]] CollectionRef copy() const override;

  void encode_head(std::string& out) const override;
  [[nodiscard]] std::uint64_t segment_end() const override;
  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const override;
  [[nodiscard]] bool load_head(std::string_view head) override;
  [[nodiscard]] bool load_segment(std::uint64_t segment, std::string_view bytes) override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

 private:
  void announce(std::uint64_t end);

  Type type_;
  Packing packing_ = Packing::kListpack;
  std::string bytes_;
};

}  // namespace engine
