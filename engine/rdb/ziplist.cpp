#include "engine/rdb/ziplist.h"

#include <cstdint>

#include "base/codec.h"
#include "engine/types/listpack.h"

namespace engine::rdb {
namespace {

constexpr std::uint8_t kEnd = 0xFF, kLongLength = 0xFE;
constexpr std::size_t kZiplistHeaderBytes = 10;
constexpr std::uint16_t kCountUnknown = 65535;

std::int64_t sign_extended(base::Decoder& in, unsigned bytes) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < bytes; ++i) bits |= static_cast<std::uint64_t>(in.u8()) << (8 * i);
  const unsigned unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

// False: no such encoding.
bool append_integer(base::Decoder& in, std::uint8_t encoding, std::string& listpack) {
  std::int64_t number = 0;
  switch (encoding) {
    case 0xC0: number = sign_extended(in, 2); break;
    case 0xD0: number = sign_extended(in, 4); break;
    case 0xE0: number = sign_extended(in, 8); break;
    case 0xF0: number = sign_extended(in, 3); break;
    case 0xFE: number = sign_extended(in, 1); break;
    default:
      if (encoding < 0xF1 || encoding > 0xFD) return false;
      number = encoding - 0xF1;  // 0 to 12, within the encoding
  }
  if (in.ok()) Listpack::append_integer(listpack, number);
  return in.ok();
}

bool append_string(base::Decoder& in, std::uint8_t encoding, std::string& listpack) {
  std::uint64_t size = encoding & 0x3FU;
  if (encoding >= 0x80) {
    size = 0;  // big-endian, as the 14 bits are
    for (int i = 0; i < 4; ++i) size = size << 8 | in.u8();
  } else if (encoding >= 0x40) {
    size = size << 8 | in.u8();
  }
  const std::string_view text = in.raw(size);
  if (in.ok()) Listpack::append(listpack, text);
  return in.ok();
}

std::uint64_t short_or_long(base::Decoder& in) {
  const std::uint8_t first = in.u8();
  return first == kLongLength ? in.u32() : first;
}

// A length and its bytes, `unused` more behind them if it is a value.
std::string_view zipmap_text(base::Decoder& in, bool is_value) {
  const std::uint64_t size = short_or_long(in);
  const std::uint64_t unused = is_value ? in.u8() : 0;
  const std::string_view text = in.raw(size);
  in.raw(unused);
  return text;
}

// The byte in front; 0xFF where there is nothing.
std::uint8_t peek(const base::Decoder& in) {
  return in.at_end() ? kEnd : static_cast<std::uint8_t>(in.rest()[0]);
}

}  // namespace

std::optional<std::string> listpack_of_ziplist(std::string_view bytes) {
  base::Decoder in(bytes);
  const std::uint32_t total = in.u32(), last_offset = in.u32();
  const std::uint16_t noted_count = in.u16();
  if (!in.ok() || total != bytes.size()) return {};
  std::string listpack = Listpack::empty();
  std::size_t count = 0, before_bytes = 0, last = kZiplistHeaderBytes;
  while (in.ok() && !in.at_end() && peek(in) != kEnd) {
    const std::size_t left = in.rest().size();
    if (short_or_long(in) != before_bytes) return {};
    const std::uint8_t encoding = in.u8();
    const bool is_taken = encoding < 0xC0 ? append_string(in, encoding, listpack)
                                          : append_integer(in, encoding, listpack);
    if (!is_taken) return {};
    before_bytes = left - in.rest().size();
    last = bytes.size() - left;
    ++count;
  }
  const bool is_whole = in.ok() && in.rest().size() == 1 && last == last_offset;
  if (!is_whole || (noted_count != kCountUnknown && noted_count != count)) return {};
  return listpack;
}

std::optional<std::string> listpack_of_zipmap(std::string_view bytes) {
  base::Decoder in(bytes);
  const std::uint8_t noted_count = in.u8();
  std::string listpack = Listpack::empty();
  std::size_t count = 0;
  while (in.ok() && !in.at_end() && peek(in) != kEnd) {
    const std::string_view field = zipmap_text(in, false);
    if (peek(in) == kEnd) return {};
    const std::string_view value = zipmap_text(in, true);
    if (!in.ok()) return {};
    Listpack::append(listpack, field);
    Listpack::append(listpack, value);
    ++count;
  }
  const bool is_whole = in.ok() && in.rest().size() == 1;
  if (!is_whole || (noted_count != kLongLength && noted_count != count)) return {};
  return listpack;
}

}  // namespace engine::rdb
