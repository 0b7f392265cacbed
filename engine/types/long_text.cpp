#include "engine/types/long_text.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/codec.h"

namespace engine {
namespace {

constexpr std::string_view kZeros("\0", 1);  // the row of a segment that is nothing else

bool is_zeros(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

// ---- changes ----

void LongText::touch(std::size_t first, std::size_t end) {
  if (segments() == nullptr || first >= end) return;
  for (std::size_t segment = first / kSegmentBytes; segment <= (end - 1) / kSegmentBytes; ++segment)
    about_to_change(segment);
}

void LongText::resize(std::size_t size) {
  touch(std::min(size, bytes_.size()), std::max(size, bytes_.size()));
  bytes_.resize(size);
}

void LongText::append(std::string_view bytes) {
  touch(bytes_.size(), bytes_.size() + bytes.size());
  bytes_.append(bytes);
}

void LongText::write(std::size_t at, std::string_view bytes) {
  CHECK(at <= bytes_.size() && bytes.size() <= bytes_.size() - at);
  if (bytes.empty()) return;
  touch(at, at + bytes.size());
  std::memmove(bytes_.data() + at, bytes.data(), bytes.size());
}

CollectionRef LongText::copy() const {
  auto made = std::make_unique<LongText>();
  made->bytes_.resize(bytes_.size());
  for (std::uint64_t segment = 0; segment < segment_end(); ++segment) {
    const std::string_view bytes = view().substr(segment * kSegmentBytes, kSegmentBytes);
    if (!is_zeros(bytes)) made->write(segment * kSegmentBytes, bytes);
  }
  return CollectionRef(std::move(made));
}

// ---- rows ----

void LongText::encode_head(std::string& out) const { base::Encoder(out).varint(bytes_.size()); }

std::string LongText::encode_segment(std::uint64_t segment) const {
  if (segment >= segment_end()) return {};
  const std::string_view bytes = view().substr(segment * kSegmentBytes, kSegmentBytes);
  return std::string(is_zeros(bytes) ? kZeros : bytes);
}

bool LongText::load_head(std::string_view head) {
  base::Decoder in(head);
  size_to_load_ = in.varint();
  return in.at_end() && in.ok() && size_to_load_ > 0;
}

bool LongText::load_segment(std::uint64_t segment, std::string_view bytes) {
  const std::uint64_t at = segment * kSegmentBytes;
  if (segment > size_to_load_ / kSegmentBytes || at != bytes_.size() || at == size_to_load_)
    return false;
  const std::uint64_t size = std::min<std::uint64_t>(kSegmentBytes, size_to_load_ - at);
  if (bytes != kZeros && (bytes.size() != size || is_zeros(bytes))) return false;
  if (!bytes_.try_resize(at + size)) return false;
  if (bytes != kZeros) std::memcpy(bytes_.data() + at, bytes.data(), size);
  return true;
}

bool LongText::finish_load() { return bytes_.size() == size_to_load_; }

bool LongText::free_some(std::size_t count) {
  const std::size_t going = std::min(bytes_.size(), count * kSegmentBytes);
  bytes_.resize(bytes_.size() - going);
  return bytes_.size() == 0;
}

// ---- TextEdit ----

TextEdit::TextEdit(Value&& value) {
  if (value.collection() != nullptr) {
    CHECK(value.type() == Type::kString);
    long_ = value.take_collection();
  } else {
    short_ = std::move(value).take_string();
  }
}

Value TextEdit::release() && {
  if (long_) return Value::from_collection(std::move(long_));
  return Value::from_text(std::move(short_), true);
}

std::string_view TextEdit::view() const {
  return long_ ? long_text().view() : std::string_view(short_);
}

bool TextEdit::becomes_long(std::size_t size) {
  if (!long_ && size > kPackedStringBytesMax) {
    long_ = CollectionRef(std::make_unique<LongText>(short_));
    short_.clear();
  }
  return static_cast<bool>(long_);
}

void TextEdit::resize(std::size_t size) {
  becomes_long(size) ? long_text().resize(size) : short_.resize(size, '\0');
}

void TextEdit::append(std::string_view bytes) {
  if (becomes_long(view().size() + bytes.size()))
    long_text().append(bytes);
  else
    short_.append(bytes);
}

void TextEdit::write(std::size_t at, std::string_view bytes) {
  if (long_) return long_text().write(at, bytes);
  CHECK(at + bytes.size() <= short_.size());
  short_.replace(at, bytes.size(), bytes);
}

}  // namespace engine
