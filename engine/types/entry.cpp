#include "engine/types/entry.h"

#include <new>

#include "base/check.h"

namespace engine {
namespace {

constexpr std::size_t kAllocationUnit =
    16;  // of the allocators in use: what a block may grow within

constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + kAllocationUnit - 1) / kAllocationUnit * kAllocationUnit;
}

}  // namespace

void Entry::build(std::string_view key, Value&& value, std::int64_t expiry_ms,
                  std::uint32_t touched_s) {
  CHECK(key.size() <= UINT32_MAX);
  Value::Content& content = value.content();
  if (auto* text = std::get_if<Text>(&content);
      text != nullptr && text->bytes.size() > kPackedStringBytesMax) {
    content = LargeText(std::move(text->bytes));
  }
  const auto* text = std::get_if<Text>(&content);
  const std::size_t value_bytes = text != nullptr ? text->bytes.size() : 8;
  const bool has_time = expiry_ms != kNoExpiry;
  const std::size_t size =
      sizeof(Header) + (has_time ? kExpiryBytes : 0) + key.size() + value_bytes;
  char* old = block_;
  const bool fits =
      old != nullptr && rounded(size) == rounded(block_bytes()) && has_time == has_expiry();
  if (!fits) block_ = static_cast<char*>(::operator new(rounded(size)));
  Header& head = *new (block_) Header{touched_s, static_cast<std::uint32_t>(key.size()),
                                      static_cast<std::uint16_t>(value_bytes),
                                      text != nullptr ? Form::kPacked : Form::kInteger, 0};
  if (has_time) {
    head.flags |= kHasExpiry;
    store(block_ + sizeof(Header), expiry_ms);
  }
  if (!fits) std::memcpy(key_at(), key.data(), key.size());
  if (text != nullptr) {
    if (text->is_raw) head.flags |= kIsRaw;
    std::memcpy(value_at(), text->bytes.data(), value_bytes);
  } else if (const auto* number = std::get_if<Number>(&content)) {
    if (number->is_copy) head.flags |= kIsRaw;
    store(value_at(), number->value);
  } else {
    head.form = Form::kLarge;
    store(value_at(), std::get<LargeText>(content).release());
  }
  if (!fits && old != nullptr) ::operator delete(old);
}

LargeText Entry::take_large() {
  LargeText text = LargeText::adopt(load<void*>(value_at()));
  header().form = Form::kInteger;  // of no meaning; owns nothing
  return text;
}

void Entry::destroy() {
  if (block_ == nullptr) return;
  if (header().form == Form::kLarge) static_cast<void>(take_large());
  ::operator delete(block_);
  block_ = nullptr;
}

ValueView Entry::value() const {
  switch (header().form) {
    case Form::kPacked:
      return {std::string_view(value_at(), header().value_bytes), (header().flags & kIsRaw) != 0};
    case Form::kInteger:
      return ValueView(Number{load<std::int64_t>(value_at()), (header().flags & kIsRaw) != 0});
    case Form::kLarge: break;
  }
  LargeText text = LargeText::adopt(load<void*>(value_at()));
  ValueView view(text);
  static_cast<void>(text.release());  // still the entry's
  return view;
}

std::int64_t Entry::expiry_ms() const {
  return has_expiry() ? load<std::int64_t>(block_ + sizeof(Header)) : kNoExpiry;
}

std::size_t Entry::memory_bytes() const {
  constexpr std::size_t kIndexShare = 8;
  const std::size_t packed = sizeof(Entry) + kIndexShare + rounded(block_bytes());
  return header().form == Form::kLarge ? packed + value().large().bytes().capacity() : packed;
}

void Entry::assign(Value&& value, std::int64_t expiry_ms) {
  if (header().form == Form::kLarge) static_cast<void>(take_large());
  const bool keeps_slot = has_expiry() && expiry_ms != kNoExpiry;
  const std::uint32_t slot = keeps_slot ? expiry_slot() : 0;
  build(key(), std::move(value), expiry_ms, header().touched_s);
  if (keeps_slot) set_expiry_slot(slot);
}

void Entry::set_expiry(std::int64_t expiry_ms) {
  if (has_expiry() && expiry_ms != kNoExpiry) return store(block_ + sizeof(Header), expiry_ms);
  if (has_expiry() != (expiry_ms != kNoExpiry)) assign(value().copy(), expiry_ms);
}

void Entry::make_hole() {
  if (header().form == Form::kLarge) static_cast<void>(take_large());
  header().flags |= kHole;
}

}  // namespace engine
