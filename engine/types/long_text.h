// A string that is kept apart from its key, because it is long: bytes in one piece that grow
// without being copied (base/growing_bytes.h), cut into segments of 64 KB for checkpoints as the
// elements of a dense collection are (collection.h): a change of one byte writes one segment. The
// row of a segment of zeros is one zero. TextEdit is a string of either kind while it is changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/growing_bytes.h"
#include "engine/types/collection.h"
#include "engine/types/value.h"

namespace engine {

class LongText final : public Collection {
 public:
  static constexpr std::size_t kSegmentBytes = 64 * 1024;

  LongText() = default;
  explicit LongText(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view view() const { return bytes_.view(); }
  // Below: each segment that changes is announced.
  void resize(std::size_t size);  // new bytes are zeros
  void append(std::string_view bytes);
  void write(std::size_t at, std::string_view bytes);  // within

  [[nodiscard]] Type type() const override { return Type::kString; }
  [[nodiscard]] std::string_view encoding() const override { return "raw"; }
  [[nodiscard]] std::uint64_t count() const override { return segment_end(); }
  [[nodiscard]] std::size_t memory_bytes() const override {
    return sizeof(LongText) + bytes_.memory_bytes();
  }
  [[nodiscard]] std::uint64_t content_bytes() const override { return bytes_.size(); }
  [[nodiscard]] CollectionRef copy() const override;

  void encode_head(std::string& out) const override;
  [[nodiscard]] std::uint64_t segment_end() const override {
    return (bytes_.size() + kSegmentBytes - 1) / kSegmentBytes;
  }
  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const override;
  [[nodiscard]] bool load_head(std::string_view head) override;
  [[nodiscard]] bool load_segment(std::uint64_t segment, std::string_view bytes) override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

 private:
  void touch(std::size_t first, std::size_t end);

  base::GrowingBytes bytes_;
  std::uint64_t size_to_load_ = 0;
};

// Owns a string while it is changed; what it leaves is neither a number nor embedded.
class TextEdit {
 public:
  explicit TextEdit(Value&& value);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const { return false; }  // a string without bytes stays

  [[nodiscard]] std::string_view view() const;
  void resize(std::size_t size);
  void append(std::string_view bytes);
  void write(std::size_t at, std::string_view bytes);  // within

 private:
  [[nodiscard]] LongText& long_text() const { return static_cast<LongText&>(*long_); }
  [[nodiscard]] bool becomes_long(std::size_t size);

  std::string short_;
  CollectionRef long_;
};

}  // namespace engine
