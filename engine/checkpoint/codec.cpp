#include "engine/checkpoint/codec.h"

#include <memory>

#include "base/codec.h"
#include "base/number.h"
#include "engine/rdb/wire.h"
#include "engine/types/long_packed.h"

namespace engine {
namespace {

// Version 5 has packed collections in segments; a row without is written as version 4.
constexpr std::uint8_t kRowVersion = 5, kRowWithoutPackedSegments = 4;
constexpr std::uint8_t kHasExpiry = 1, kIsRaw = 2, kIsInteger = 4, kHasValueBlocks = 8,
                       kHasKeyBlocks = 16, kIsCollection = 32;
// How a collection stands in its row: packed as Packing says, or dense, or with its head alone.
constexpr std::uint8_t kPackingEnd = 3, kDenseHere = 3, kDenseInSegments = 4, kPackedInSegments = 5;
constexpr std::uint8_t kRdbTypeString = 0;

}  // namespace

// Many numbers without a segment, as a long stream that was trimmed has them, are no row of one.
bool wants_segments(const ValueView& value) {
  constexpr std::uint64_t kInlineSegmentsMax = 1024;
  const Collection* apart = value.apart().get();
  if (apart == nullptr) return false;
  if (apart->segment_end() > kInlineSegmentsMax) return true;
  const bool is_plain = value.type() == Type::kString || value.is_packed();
  return (is_plain ? value.size() : apart->memory_bytes()) > kInlineBytesMax;
}
bool has_key_blocks(const Entry& entry) { return entry.key().size() > kInlineBytesMax; }

namespace {

void encode_apart(std::string& row, const Collection& collection, std::uint64_t value_id) {
  base::Encoder out(row);
  out.u8(static_cast<std::uint8_t>(collection.type()));
  out.u8(value_id == 0            ? kDenseHere
         : collection.is_packed() ? kPackedInSegments
                                  : kDenseInSegments);
  if (value_id != 0) out.varint(value_id);
  std::string head;
  collection.encode_head(head);
  out.bytes(head);
  if (value_id != 0) return;
  out.varint(collection.segment_end());
  for (std::uint64_t i = 0; i < collection.segment_end(); ++i)
    out.bytes(collection.encode_segment(i));
}

void encode_value(std::string& row, const ValueView& value) {
  base::Encoder out(row);
  if (value.type() != Type::kString) {
    out.u8(static_cast<std::uint8_t>(value.type()));
    out.u8(static_cast<std::uint8_t>(value.packing()));
    out.bytes(value.packed());
  } else {
    char scratch[kScratchBytes];
    out.u8(kRdbTypeString);
    rdb::put_string(row, value.view(scratch), rdb::Compression::kNone);
  }
}

}  // namespace

std::string encode_row(const Entry& entry, std::uint64_t value_id) {
  std::string row;
  base::Encoder out(row);
  const ValueView value = entry.value();
  const bool key_blocks = has_key_blocks(entry);
  const bool is_plain = value.type() == Type::kString || value.is_packed();
  const bool is_apart = value.apart() && (value_id != 0 || !is_plain);
  out.u8(is_apart && value.is_packed() ? kRowVersion : kRowWithoutPackedSegments);
  out.u8(static_cast<std::uint8_t>(
      (entry.has_expiry() ? kHasExpiry : 0) | (value.is_raw() ? kIsRaw : 0) |
      (value.is_integer() ? kIsInteger : 0) | (key_blocks ? kHasKeyBlocks : 0) |
      (is_apart || value.is_packed() ? kIsCollection : 0)));
  if (entry.has_expiry()) out.i64(entry.expiry_ms());
  key_blocks ? out.varint(entry.key().size()) : out.bytes(entry.key());
  if (is_apart) {
    encode_apart(row, *value.apart(), value_id);
  } else {
    encode_value(row, value);
  }
  return row;
}

namespace {

std::optional<Value> decode_string(std::string_view rest, std::uint8_t flags) {
  rdb::Reader in(rest);
  std::string bytes = in.string();
  if (!in.ok() || !in.rest().empty()) return {};
  if ((flags & kIsInteger) == 0) return Value::from_text(std::move(bytes), (flags & kIsRaw) != 0);
  const auto number = base::parse_integer(bytes);
  return number ? std::optional(Value::from_integer(*number, (flags & kIsRaw) != 0)) : std::nullopt;
}

bool load_segments(base::Decoder& in, Collection& collection) {
  const std::uint64_t end = in.varint();
  for (std::uint64_t i = 0; i < end && in.ok(); ++i) {
    const std::string_view bytes = in.bytes();
    if (!bytes.empty() && !collection.load_segment(i, bytes)) return false;
  }
  return in.ok() && collection.finish_load();
}

bool decode_apart(base::Decoder& in, std::uint8_t form, const HashSecret& secret,
                  DecodedEntry& entry) {
  CollectionRef collection = form == kPackedInSegments
                                 ? CollectionRef(std::make_unique<LongPacked>(entry.type))
                                 : make_collection(entry.type, secret);
  if (!collection) return false;
  if (form != kDenseHere) entry.value_id = in.varint();
  if (!collection->load_head(in.bytes()) || !in.ok()) return false;
  if (form == kDenseHere ? !load_segments(in, *collection) : entry.value_id == 0) return false;
  entry.value = Value::from_collection(std::move(collection));
  return in.at_end();
}

bool decode_collection(base::Decoder& in, bool has_blocks, const HashSecret& secret,
                       DecodedEntry& entry) {
  const std::uint8_t type = in.u8(), form = in.u8();
  if (!in.ok() || type > static_cast<std::uint8_t>(Type::kStream)) return false;
  entry.type = static_cast<Type>(type);
  if (entry.type == Type::kString && form != kDenseInSegments) return false;
  if (entry.type == Type::kStream && form != kDenseHere && form != kDenseInSegments) return false;
  if (form > kPackedInSegments) return false;
  if (form >= kPackingEnd) return !has_blocks && decode_apart(in, form, secret, entry);
  entry.packing = static_cast<Packing>(form);
  if (has_blocks) {
    entry.value_bytes = in.varint();
    return in.ok() && in.at_end() && entry.value_bytes > kInlineBytesMax;
  }
  entry.value = Value::from_packed(entry.type, entry.packing, std::string(in.bytes()));
  return in.ok() && in.at_end();
}

bool decode_value(base::Decoder& in, std::uint8_t flags, const HashSecret& secret,
                  DecodedEntry& entry) {
  const bool has_blocks = (flags & kHasValueBlocks) != 0;
  if ((flags & kIsCollection) != 0) return decode_collection(in, has_blocks, secret, entry);
  if (has_blocks) {
    entry.value_bytes = in.varint();
    return in.ok() && in.at_end() && entry.value_bytes > kInlineBytesMax;
  }
  if (in.u8() != kRdbTypeString || !in.ok()) return false;
  auto value = decode_string(in.rest(), flags);
  if (value) entry.value = std::move(*value);
  return value.has_value();
}

}  // namespace

std::optional<DecodedEntry> decode_row(std::string_view row, const HashSecret& secret) {
  base::Decoder in(row);
  DecodedEntry entry;
  const std::uint8_t version = in.u8();
  const std::uint8_t flags = in.u8();
  if (version == 0 || version > kRowVersion) return {};
  if ((flags & kHasExpiry) != 0) entry.expiry_ms = in.i64();
  if ((flags & kHasKeyBlocks) != 0) {
    entry.key_bytes = in.varint();
    if (entry.key_bytes <= kInlineBytesMax) return {};
  } else {
    entry.key = in.bytes();
  }
  if (!in.ok() || !decode_value(in, flags, secret, entry)) return {};
  return entry;
}

}  // namespace engine
