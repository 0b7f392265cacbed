#include "engine/types/listpack.h"

#include <cstring>

#include "base/check.h"
#include "base/number.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

constexpr std::uint8_t kEnd = 0xFF;
constexpr std::size_t kCountUnknown = 65535;
constexpr std::size_t kScratch = 24;

std::uint8_t byte_at(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint8_t>(bytes[offset]);
}

std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | byte_at(bytes, offset + i);
  return value;
}

void put_little_endian(char* at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<char>(value >> (8 * i));
}

// How many bytes the length of `size` bytes takes behind them.
std::size_t back_length_bytes(std::size_t size) {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

// Most significant group first; all but the first have their high bit set, so that a reader from
// behind knows that there is more.
void append_back_length(std::string& out, std::size_t size) {
  const std::size_t count = back_length_bytes(size);
  for (std::size_t i = count; i-- > 0;) {
    const std::size_t group = (size >> (7 * i)) & 127;
    out.push_back(static_cast<char>(i + 1 == count ? group : group | 128));
  }
}

// Where an element's data lies, and how many bytes encoding and data take. Size 0: no such
// encoding.
struct Shape {
  std::size_t header = 1;  // before a string's bytes, or of an integer's encoding
  std::size_t size = 0;
  bool is_integer = false;
};

constexpr std::size_t kIntegerBytes[] = {2, 3, 4, 8};  // behind 0xF1 to 0xF4

// What must be there for shape_of: 1 byte, 2 for a 12-bit length, 5 for a 32-bit one.
std::size_t shape_header_bytes(std::uint8_t first) {
  if ((first & 0xF0) == 0xE0) return 2;
  return first == 0xF0 ? 5 : 1;
}

Shape shape_of(std::string_view bytes, std::size_t offset) {
  const std::uint8_t first = byte_at(bytes, offset);
  if (first < 0x80) return {1, 1, true};
  if (first < 0xC0) return {1, 1 + (first & 0x3FU), false};
  if (first < 0xE0) return {1, 2, true};
  if (first < 0xF0) return {2, 2 + ((first & 0x0FU) << 8 | byte_at(bytes, offset + 1)), false};
  if (first == 0xF0) return {5, 5 + little_endian(bytes, offset + 1, 4), false};
  if (first <= 0xF4) return {1, 1 + kIntegerBytes[first - 0xF1], true};
  return {1, 0, false};
}

std::int64_t sign_extend(std::uint64_t value, unsigned bits) {
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

std::int64_t integer_at(std::string_view bytes, std::size_t offset) {
  const std::uint8_t first = byte_at(bytes, offset);
  if (first < 0x80) return first;
  if (first < 0xE0) return sign_extend((first & 0x1FULL) << 8 | byte_at(bytes, offset + 1), 13);
  const std::size_t size = kIntegerBytes[first - 0xF1];
  return sign_extend(little_endian(bytes, offset + 1, size), static_cast<unsigned>(8 * size));
}

void append_integer_bytes(std::string& out, std::uint8_t first, std::int64_t number,
                          std::size_t size) {
  out.push_back(static_cast<char>(first));
  char raw[8];
  put_little_endian(raw, static_cast<std::uint64_t>(number), size);
  out.append(raw, size);
}

void append_integer_element(std::string& out, std::int64_t number) {
  const std::size_t begin = out.size();
  if (number >= 0 && number <= 127) {
    out.push_back(static_cast<char>(number));
  } else if (number >= -4096 && number <= 4095) {
    out.push_back(static_cast<char>(0xC0 | ((static_cast<std::uint64_t>(number) >> 8) & 0x1F)));
    out.push_back(static_cast<char>(number));
  } else if (number >= INT16_MIN && number <= INT16_MAX) {
    append_integer_bytes(out, 0xF1, number, 2);
  } else if (number >= -(1 << 23) && number < (1 << 23)) {
    append_integer_bytes(out, 0xF2, number, 3);
  } else if (number >= INT32_MIN && number <= INT32_MAX) {
    append_integer_bytes(out, 0xF3, number, 4);
  } else {
    append_integer_bytes(out, 0xF4, number, 8);
  }
  append_back_length(out, out.size() - begin);
}

void append_element(std::string& out, std::string_view element) {
  if (const auto number = base::parse_integer(element)) return append_integer_element(out, *number);
  const std::size_t begin = out.size();
  if (element.size() < 64) {
    out.push_back(static_cast<char>(0x80 | element.size()));
  } else if (element.size() < 4096) {
    out.push_back(static_cast<char>(0xE0 | element.size() >> 8));
    out.push_back(static_cast<char>(element.size()));
  } else {
    CHECK(element.size() <= UINT32_MAX);
    append_integer_bytes(out, 0xF0, static_cast<std::int64_t>(element.size()), 4);
  }
  out.append(element);
  append_back_length(out, out.size() - begin);
}

void set_header(std::string& bytes, std::size_t count) {
  CHECK(bytes.size() <= UINT32_MAX);
  put_little_endian(bytes.data(), bytes.size(), 4);
  put_little_endian(bytes.data() + 4, count, 2);
}

// The count after a change by `change` elements: an unknown one is counted again when it fell.
void update_header(std::string& bytes, std::int64_t change) {
  std::size_t count = little_endian(bytes, 4, 2);
  if (count == kCountUnknown && change > 0) return set_header(bytes, kCountUnknown);
  if (count == kCountUnknown) {
    put_little_endian(bytes.data() + 4, kCountUnknown, 2);
    count = Listpack(bytes).count();
  } else {
    count = static_cast<std::size_t>(static_cast<std::int64_t>(count) + change);
  }
  set_header(bytes, count < kCountUnknown ? count : kCountUnknown);
}

// Makes room for `more` bytes and the rest of their size class, where a string by itself would
// double: most listpacks stay as they are for long.
void make_room(std::string& bytes, std::size_t more) {
  const std::size_t size = bytes.size() + more;
  if (size <= bytes.capacity()) return;
  std::string roomy;
  roomy.reserve(allocation_bytes(size + 1) - 1);
  roomy.append(bytes);
  bytes = std::move(roomy);
}

}  // namespace

std::string_view Listpack::Element::view(char* scratch) const {
  if (!is_integer) return text;
  const auto last = std::to_chars(scratch, scratch + kScratch, number).ptr;
  return {scratch, static_cast<std::size_t>(last - scratch)};
}

std::string Listpack::Element::string() const {
  char scratch[kScratch];
  return std::string(view(scratch));
}

std::size_t Listpack::Element::size() const {
  char scratch[kScratch];
  return view(scratch).size();
}

bool Listpack::Element::equals(std::string_view bytes) const {
  if (!is_integer) return text == bytes;
  char scratch[kScratch];
  return view(scratch) == bytes;
}

std::size_t Listpack::count() const {
  const std::size_t noted = little_endian(bytes_, 4, 2);
  if (noted != kCountUnknown) return noted;
  std::size_t count = 0;
  for (std::size_t offset = kFirst; offset != end(); offset = next(offset)) ++count;
  return count;
}

Listpack::Element Listpack::at(std::size_t offset) const {
  const Shape shape = shape_of(bytes_, offset);
  if (shape.is_integer)
    return {.text = {}, .number = integer_at(bytes_, offset), .is_integer = true};
  return {.text = bytes_.substr(offset + shape.header, shape.size - shape.header)};
}

std::size_t Listpack::next(std::size_t offset) const {
  const std::size_t size = shape_of(bytes_, offset).size;
  return offset + size + back_length_bytes(size);
}

std::size_t Listpack::previous(std::size_t offset) const {
  if (offset == kFirst) return kNone;
  std::size_t size = 0;
  std::size_t at = offset - 1;
  for (unsigned shift = 0;; shift += 7, --at) {
    size |= static_cast<std::size_t>(byte_at(bytes_, at) & 127U) << shift;
    if ((byte_at(bytes_, at) & 128U) == 0) break;
  }
  return at - size;
}

std::size_t Listpack::seek(std::int64_t number) const {
  const auto size = static_cast<std::int64_t>(count());
  if (number < 0) number += size;
  if (number < 0 || number >= size) return kNone;
  std::size_t offset = kFirst;
  if (number < size / 2) {
    while (number-- > 0) offset = next(offset);
    return offset;
  }
  offset = end();
  for (std::int64_t left = size - number; left > 0; --left) offset = previous(offset);
  return offset;
}

std::size_t Listpack::find(std::size_t offset, std::string_view bytes, std::size_t skip) const {
  const auto number = base::parse_integer(bytes);
  std::size_t left = 0;
  for (; offset < end(); offset = next(offset)) {
    if (left > 0) {
      --left;
      continue;
    }
    const Element element = at(offset);
    const bool is_found =
        element.is_integer ? number && *number == element.number : !number && element.text == bytes;
    if (is_found) return offset;
    left = skip;
  }
  return kNone;
}

bool Listpack::is_valid(std::string_view bytes) {
  if (bytes.size() < kEmptyBytes || little_endian(bytes, 0, 4) != bytes.size()) return false;
  const std::size_t end = bytes.size() - 1;
  if (byte_at(bytes, end) != kEnd) return false;
  std::size_t count = 0;
  std::size_t offset = kFirst;
  while (offset < end) {
    const std::size_t header = shape_header_bytes(byte_at(bytes, offset));
    if (header > end - offset) return false;
    const std::size_t size = shape_of(bytes, offset).size;
    const std::size_t back = back_length_bytes(size);
    if (size == 0 || size > end - offset || back > end - offset - size) return false;
    std::string expected;
    append_back_length(expected, size);
    if (bytes.substr(offset + size, back) != expected) return false;
    offset += size + back;
    ++count;
  }
  const std::size_t noted = little_endian(bytes, 4, 2);
  return noted == kCountUnknown || noted == count;
}

std::string Listpack::empty() {
  std::string bytes(kEmptyBytes, '\0');
  bytes.back() = static_cast<char>(kEnd);
  set_header(bytes, 0);
  return bytes;
}

std::size_t Listpack::insert(std::string& bytes, std::size_t offset, std::string_view element) {
  std::string encoded;
  append_element(encoded, element);
  make_room(bytes, encoded.size());
  bytes.insert(offset, encoded);
  update_header(bytes, 1);
  return offset;
}

void Listpack::splice(std::string& bytes, std::size_t offset, std::string_view other) {
  const std::size_t count = Listpack(other).count();
  make_room(bytes, other.size());
  bytes.insert(offset, other.substr(kFirst, other.size() - kEmptyBytes));
  update_header(bytes, static_cast<std::int64_t>(count));
}

void Listpack::append_integer(std::string& bytes, std::int64_t number) {
  bytes.pop_back();
  append_integer_element(bytes, number);
  bytes.push_back(static_cast<char>(kEnd));
  update_header(bytes, 1);
}

void Listpack::replace(std::string& bytes, std::size_t offset, std::string_view element) {
  std::string encoded;
  append_element(encoded, element);
  make_room(bytes, encoded.size());
  bytes.replace(offset, Listpack(bytes).next(offset) - offset, encoded);
  update_header(bytes, 0);
}

void Listpack::replace_integer(std::string& bytes, std::size_t offset, std::int64_t number) {
  std::string encoded;
  append_integer_element(encoded, number);
  bytes.replace(offset, Listpack(bytes).next(offset) - offset, encoded);
  update_header(bytes, 0);
}

void Listpack::erase(std::string& bytes, std::size_t offset, std::size_t count) {
  const Listpack listpack(bytes);
  std::size_t last = offset;
  std::int64_t erased = 0;
  for (; count > 0 && last != listpack.end(); --count, ++erased) last = listpack.next(last);
  bytes.erase(offset, last - offset);
  update_header(bytes, -erased);
}

}  // namespace engine
