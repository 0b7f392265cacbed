#include "engine/keyspace/entry.h"

#include <new>

#include "base/check.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

// What a block may grow within.
constexpr std::size_t rounded(std::size_t bytes) { return allocation_bytes(bytes); }

char* new_block(std::size_t bytes) { return static_cast<char*>(::operator new(rounded(bytes))); }

}  // namespace

// Below 256 bytes the size classes are so near one another that a second block, which is one more
// line of memory to wait for, would save next to nothing.
bool Entry::lies_beside(std::size_t front_bytes, std::size_t value_bytes) {
  constexpr std::size_t kTogetherMax = 256;
  const std::size_t together = rounded(front_bytes + value_bytes);
  return together > kTogetherMax &&
         rounded(front_bytes + sizeof(char*)) + rounded(value_bytes) < together;
}

struct Entry::Parts {
  Form form = Form::kInteger;
  std::uint8_t flags = 0;
  std::string_view bytes;   // kPacked, kBeside
  std::int64_t number = 0;  // kInteger
  void* outside = nullptr;  // owned; kApart, and kBeside: a copy of the bytes

  // What lies behind the key.
  [[nodiscard]] std::size_t behind_bytes() const {
    return form == Form::kPacked ? bytes.size() : kPlainBytes;
  }
  [[nodiscard]] std::size_t value_bytes() const {
    return form == Form::kBeside ? bytes.size() : behind_bytes();
  }
  void put_beside() {
    form = Form::kBeside;
    outside = new_block(bytes.size());
    std::memcpy(outside, bytes.data(), bytes.size());
  }
};

Entry::Parts Entry::parts_of(Value::Content& content) {
  Parts parts;
  const auto place = [&parts](const std::string& bytes) {
    CHECK(bytes.size() <= kPackedStringBytesMax);
    parts.form = Form::kPacked;
    parts.bytes = bytes;
  };
  if (auto* text = std::get_if<Text>(&content)) {
    if (text->is_raw) parts.flags |= kIsRaw;
    place(text->bytes);
  } else if (const auto* number = std::get_if<Number>(&content)) {
    if (number->is_copy) parts.flags |= kIsRaw;
    parts.number = number->value;
  } else if (auto* packed = std::get_if<PackedCollection>(&content)) {
    parts.flags |=
        static_cast<std::uint8_t>(static_cast<unsigned>(packed->type) << kTypeShift |
                                  static_cast<unsigned>(packed->packing) << kPackingShift);
    place(packed->bytes);
  } else {
    auto& collection = std::get<CollectionRef>(content);
    parts.flags |=
        static_cast<std::uint8_t>(static_cast<unsigned>(collection->type()) << kTypeShift);
    parts.form = Form::kApart;
    parts.outside = collection.release();
  }
  return parts;
}

void Entry::fill(Parts& parts) {
  switch (parts.form) {
    case Form::kPacked: std::memcpy(value_at(), parts.bytes.data(), parts.bytes.size()); break;
    case Form::kInteger: store(value_at(), parts.number); break;
    case Form::kBeside:
    case Form::kApart: store(value_at(), parts.outside); break;
  }
}

void Entry::build(std::string_view key, Value&& value, std::int64_t expiry_ms,
                  std::uint32_t access) {
  CHECK(key.size() <= UINT32_MAX);
  Parts parts = parts_of(value.content());
  const bool has_time = expiry_ms != kNoExpiry;
  const std::size_t front = sizeof(Header) + (has_time ? kExpiryBytes : 0) + key.size();
  if (parts.form == Form::kPacked && lies_beside(front, parts.bytes.size())) parts.put_beside();
  const std::size_t size = front + parts.behind_bytes();
  char* old = block_;
  const bool fits =
      old != nullptr && rounded(size) == rounded(block_bytes()) && has_time == has_expiry();
  if (!fits) block_ = new_block(size);
  Header& head = *new (block_) Header{access, static_cast<std::uint32_t>(key.size()),
                                      static_cast<std::uint16_t>(parts.value_bytes()), parts.form,
                                      parts.flags};
  if (has_time) {
    head.flags |= kHasExpiry;
    store(block_ + sizeof(Header), expiry_ms);
  }
  if (!fits) std::memcpy(key_at(), key.data(), key.size());
  fill(parts);
  if (!fits && old != nullptr) ::operator delete(old);
}

CollectionRef Entry::take_apart() {
  CollectionRef collection = CollectionRef::adopt(load<void*>(value_at()));
  header().form = Form::kInteger;  // of no meaning; owns nothing
  return collection;
}

void Entry::drop_value() {
  if (header().form == Form::kApart) static_cast<void>(take_apart());
  if (header().form == Form::kBeside) {
    ::operator delete(bytes_at());
    header().form = Form::kInteger;  // of no meaning; owns nothing
  }
}

Value Entry::take_value() {
  if (header().form == Form::kApart) return Value::from_collection(take_apart());
  return value().copy();
}

void Entry::destroy() {
  if (block_ == nullptr) return;
  drop_value();
  ::operator delete(block_);
  block_ = nullptr;
}

ValueView Entry::value() const {
  const Header& head = header();
  switch (head.form) {
    case Form::kPacked:
    case Form::kBeside: {
      const std::string_view bytes(bytes_at(), head.value_bytes);
      if (type() == Type::kString) return {bytes, (head.flags & kIsRaw) != 0};
      return {type(), packing(), bytes};
    }
    case Form::kInteger:
      return ValueView(Number{load<std::int64_t>(value_at()), (head.flags & kIsRaw) != 0});
    case Form::kApart: break;
  }
  CollectionRef collection = CollectionRef::adopt(load<void*>(value_at()));
  ValueView view(collection);
  static_cast<void>(collection.release());  // still the entry's
  return view;
}

std::int64_t Entry::expiry_ms() const {
  return has_expiry() ? load<std::int64_t>(block_ + sizeof(Header)) : kNoExpiry;
}

std::size_t Entry::memory_bytes() const {
  std::size_t bytes = kTableBytes + (has_expiry() ? kExpiringBytes : 0) + rounded(block_bytes());
  if (header().form == Form::kBeside) bytes += rounded(header().value_bytes);
  return apart() == nullptr ? bytes : bytes + apart()->memory_bytes();
}

std::uint64_t Entry::content_bytes() const {
  constexpr std::uint64_t kPerKey = 16;
  const std::uint64_t packed = kPerKey + rounded(front_bytes() + header().value_bytes);
  return apart() == nullptr ? packed : packed + apart()->content_bytes();
}

void Entry::assign(Value&& value, std::int64_t expiry_ms) {
  drop_value();
  const bool keeps_slot = has_expiry() && expiry_ms != kNoExpiry;
  const std::uint32_t slot = keeps_slot ? expiry_slot() : 0;
  build(key(), std::move(value), expiry_ms, header().access);
  if (keeps_slot) set_expiry_slot(slot);
}

void Entry::set_expiry(std::int64_t expiry_ms) {
  if (has_expiry() && expiry_ms != kNoExpiry) return store(block_ + sizeof(Header), expiry_ms);
  if (has_expiry() != (expiry_ms != kNoExpiry)) assign(take_value(), expiry_ms);
}

void Entry::make_hole() {
  drop_value();
  header().flags |= kHole;
}

}  // namespace engine
