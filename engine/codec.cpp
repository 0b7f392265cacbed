#include "engine/codec.h"

#include "base/codec.h"
#include "base/number.h"

namespace engine {
namespace {

constexpr std::uint8_t kRowVersion = 2;
constexpr std::uint8_t kHasExpiry = 1, kIsRaw = 2, kIsInteger = 4, kHasValueBlocks = 8,
                       kHasKeyBlocks = 16, kIsCollection = 32;
// How a collection stands in its row: packed as Packing says, or dense.
constexpr std::uint8_t kPackingEnd = 3, kDenseHere = 3, kDenseInSegments = 4;
constexpr std::uint8_t kRdbTypeString = 0;

// RDB length encoding: 6 bits, 14 bits, 32 bits or 64 bits, big endian.
void put_length(std::string& out, std::uint64_t length) {
  const auto byte = [&out](std::uint64_t value) { out.push_back(static_cast<char>(value & 0xFF)); };
  if (length < 64) return byte(length);
  if (length < 16384) return byte(0x40 | (length >> 8)), byte(length);
  const int bytes = length <= 0xFFFFFFFFULL ? 4 : 8;
  byte(bytes == 4 ? 0x80 : 0x81);
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) byte(length >> shift);
}

void put_integer(std::string& out, std::int64_t value) {
  const int bytes = value >= -128 && value <= 127 ? 1 : value >= -32768 && value <= 32767 ? 2 : 4;
  out.push_back(static_cast<char>(bytes == 1 ? 0xC0 : bytes == 2 ? 0xC1 : 0xC2));
  for (int i = 0; i < bytes; ++i)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

std::optional<std::string> take_integer(base::Decoder& in, unsigned kind) {
  std::int64_t value = 0;
  if (kind == 0) value = static_cast<std::int8_t>(in.u8());
  if (kind == 1) value = static_cast<std::int16_t>(in.u16());
  if (kind == 2) value = static_cast<std::int32_t>(in.u32());
  if (!in.ok() || kind > 2) return {};
  return base::integer_text(value);
}

std::uint64_t big_endian(base::Decoder& in, int bytes) {
  std::uint64_t value = 0;
  while (bytes-- > 0) value = (value << 8) | in.u8();
  return value;
}

}  // namespace

void encode_rdb_string(std::string& out, std::string_view bytes) {
  if (bytes.size() <= 11) {
    const auto number = base::parse_integer(bytes);
    if (number && *number >= INT32_MIN && *number <= INT32_MAX) return put_integer(out, *number);
  }
  put_length(out, bytes.size());
  out.append(bytes);
}

std::optional<std::string> decode_rdb_string(std::string_view& in) {
  base::Decoder decoder(in);
  const std::uint8_t first = decoder.u8();
  std::uint64_t length = 0;
  if ((first >> 6) == 3) {
    auto number = take_integer(decoder, first & 0x3FU);
    in = decoder.rest();
    return number;
  }
  if ((first >> 6) == 0) length = first & 0x3FU;
  if ((first >> 6) == 1) length = (static_cast<std::uint64_t>(first & 0x3FU) << 8) | decoder.u8();
  if (first > 0x81) return {};
  if ((first >> 6) == 2) length = big_endian(decoder, first == 0x80 ? 4 : 8);
  const std::string_view bytes = decoder.raw(length);
  if (!decoder.ok()) return {};
  in = decoder.rest();
  return std::string(bytes);
}

bool has_value_blocks(const Entry& entry) { return entry.value().size() > kInlineBytesMax; }
bool has_key_blocks(const Entry& entry) { return entry.key().size() > kInlineBytesMax; }

namespace {

void encode_dense(std::string& row, const Collection& collection, std::uint64_t value_id) {
  base::Encoder out(row);
  out.u8(static_cast<std::uint8_t>(collection.type()));
  out.u8(value_id == 0 ? kDenseHere : kDenseInSegments);
  if (value_id != 0) out.varint(value_id);
  std::string head;
  collection.encode_head(head);
  out.bytes(head);
  if (value_id != 0) return;
  out.varint(collection.segment_end());
  for (std::uint64_t i = 0; i < collection.segment_end(); ++i)
    out.bytes(collection.encode_segment(i));
}

void encode_value(std::string& row, const ValueView& value, bool has_blocks) {
  base::Encoder out(row);
  if (value.type() != Type::kString) {
    out.u8(static_cast<std::uint8_t>(value.type()));
    out.u8(static_cast<std::uint8_t>(value.packing()));
    has_blocks ? out.varint(value.size()) : out.bytes(value.packed());
  } else if (has_blocks) {
    out.varint(value.size());
  } else {
    char scratch[kScratchBytes];
    out.u8(kRdbTypeString);
    encode_rdb_string(row, value.view(scratch));
  }
}

}  // namespace

std::string encode_row(const Entry& entry, std::uint64_t value_id) {
  std::string row;
  base::Encoder out(row);
  const ValueView value = entry.value();
  const bool value_blocks = has_value_blocks(entry), key_blocks = has_key_blocks(entry);
  const bool is_collection = value.type() != Type::kString;
  out.u8(kRowVersion);
  out.u8(static_cast<std::uint8_t>(
      (entry.has_expiry() ? kHasExpiry : 0) | (value.is_raw() ? kIsRaw : 0) |
      (value.is_integer() ? kIsInteger : 0) | (value_blocks ? kHasValueBlocks : 0) |
      (key_blocks ? kHasKeyBlocks : 0) | (is_collection ? kIsCollection : 0)));
  if (entry.has_expiry()) out.i64(entry.expiry_ms());
  key_blocks ? out.varint(entry.key().size()) : out.bytes(entry.key());
  if (value.collection() != nullptr) {
    encode_dense(row, *value.collection(), value_id);
  } else {
    encode_value(row, value, value_blocks);
  }
  return row;
}

namespace {

std::optional<Value> decode_string(std::string_view rest, std::uint8_t flags) {
  auto bytes = decode_rdb_string(rest);
  if (!bytes || !rest.empty()) return {};
  if ((flags & kIsInteger) == 0) return Value::from_text(std::move(*bytes), (flags & kIsRaw) != 0);
  const auto number = base::parse_integer(*bytes);
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

bool decode_dense(base::Decoder& in, std::uint8_t form, DecodedEntry& entry) {
  CollectionRef collection = make_collection(entry.type);
  if (!collection) return false;
  if (form == kDenseInSegments) entry.value_id = in.varint();
  if (!collection->load_head(in.bytes()) || !in.ok()) return false;
  if (form == kDenseHere ? !load_segments(in, *collection) : entry.value_id == 0) return false;
  entry.value = Value::from_collection(std::move(collection));
  return in.at_end();
}

bool decode_collection(base::Decoder& in, bool has_blocks, DecodedEntry& entry) {
  const std::uint8_t type = in.u8(), form = in.u8();
  if (!in.ok() || type == 0 || type > static_cast<std::uint8_t>(Type::kStream)) return false;
  entry.type = static_cast<Type>(type);
  if (form == kDenseHere || form == kDenseInSegments)
    return !has_blocks && decode_dense(in, form, entry);
  if (form >= kPackingEnd) return false;
  entry.packing = static_cast<Packing>(form);
  if (has_blocks) {
    entry.value_bytes = in.varint();
    return in.ok() && in.at_end() && entry.value_bytes > kInlineBytesMax;
  }
  entry.value = Value::from_packed(entry.type, entry.packing, std::string(in.bytes()));
  return in.ok() && in.at_end();
}

bool decode_value(base::Decoder& in, std::uint8_t flags, DecodedEntry& entry) {
  const bool has_blocks = (flags & kHasValueBlocks) != 0;
  if ((flags & kIsCollection) != 0) return decode_collection(in, has_blocks, entry);
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

std::optional<DecodedEntry> decode_row(std::string_view row) {
  base::Decoder in(row);
  DecodedEntry entry;
  const std::uint8_t version = in.u8();
  const std::uint8_t flags = in.u8();
  if (version != 1 && version != kRowVersion) return {};
  if ((flags & kHasExpiry) != 0) entry.expiry_ms = in.i64();
  if ((flags & kHasKeyBlocks) != 0) {
    entry.key_bytes = in.varint();
    if (entry.key_bytes <= kInlineBytesMax) return {};
  } else {
    entry.key = in.bytes();
  }
  if (!in.ok() || !decode_value(in, flags, entry)) return {};
  return entry;
}

}  // namespace engine
