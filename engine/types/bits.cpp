#include "engine/types/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace engine::bits {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

std::uint64_t load_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, kWordBytes);
  return word;
}

void store_word(char* at, std::uint64_t word) { std::memcpy(at, &word, kWordBytes); }

unsigned byte_at(std::string_view bytes, std::uint64_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

// The byte with the bits outside the range cleared.
unsigned masked(std::string_view bytes, std::uint64_t i, Range range) {
  unsigned byte = byte_at(bytes, i);
  if (i == range.first / 8) byte &= 0xFFU >> (range.first % 8);
  if (i == range.last / 8) byte &= 0xFF00U >> (range.last % 8 + 1);
  return byte & 0xFFU;
}

template <class Combine>
void combine_with(std::string& into, std::string_view with, Combine combine) {
  std::size_t i = 0;
  for (; i + kWordBytes <= with.size(); i += kWordBytes)
    store_word(&into[i], combine(load_word(&into[i]), load_word(&with[i])));
  for (; i < with.size(); ++i) {
    const auto mine = static_cast<std::uint64_t>(byte_at(into, i));
    into[i] = static_cast<char>(combine(mine, static_cast<std::uint64_t>(byte_at(with, i))));
  }
}

}  // namespace

bool get(std::string_view bytes, std::uint64_t position) {
  return ((byte_at(bytes, position / 8) >> (7 - position % 8)) & 1U) != 0;
}

void set(std::string& bytes, std::uint64_t position, bool bit) {
  const unsigned mask = 1U << (7 - position % 8);
  const unsigned byte = byte_at(bytes, position / 8);
  bytes[position / 8] = static_cast<char>(bit ? byte | mask : byte & ~mask);
}

std::uint64_t count(std::string_view bytes) {
  std::uint64_t ones[4] = {};
  std::size_t i = 0;
  for (; i + 4 * kWordBytes <= bytes.size(); i += 4 * kWordBytes) {
    for (std::size_t lane = 0; lane < 4; ++lane)
      ones[lane] += static_cast<std::uint64_t>(
          std::popcount(load_word(bytes.data() + i + lane * kWordBytes)));
  }
  for (; i < bytes.size(); ++i)
    ones[0] += static_cast<std::uint64_t>(std::popcount(byte_at(bytes, i)));
  return ones[0] + ones[1] + ones[2] + ones[3];
}

std::uint64_t count(std::string_view bytes, Range range) {
  const std::uint64_t head = range.first / 8;
  const std::uint64_t tail = range.last / 8;
  auto ones = static_cast<std::uint64_t>(std::popcount(masked(bytes, head, range)));
  if (tail == head) return ones;
  ones += static_cast<std::uint64_t>(std::popcount(masked(bytes, tail, range)));
  return ones + count(bytes.substr(head + 1, tail - head - 1));
}

std::optional<std::uint64_t> find(std::string_view bytes, Range range, bool bit) {
  const std::uint64_t nothing = bit ? 0 : UINT64_MAX;  // a word without one
  const std::uint64_t tail = range.last / 8;
  std::uint64_t i = range.first / 8;
  std::uint64_t position = range.first;
  while (i <= tail) {
    const bool is_word = position % 8 == 0 && i + kWordBytes <= tail + 1;
    if (is_word && load_word(bytes.data() + i) == nothing) {
      i += kWordBytes;
    } else {
      for (position = std::max(range.first, i * 8); position < i * 8 + 8; ++position) {
        if (position <= range.last && get(bytes, position) == bit) return position;
      }
      ++i;
    }
    position = i * 8;
  }
  return {};
}

void combine(Operation operation, std::string& into, std::string_view with) {
  CHECK(with.size() <= into.size());
  switch (operation) {
    case Operation::kAnd:
      combine_with(into, with, [](std::uint64_t a, std::uint64_t b) { return a & b; });
      std::fill(into.begin() + static_cast<std::ptrdiff_t>(with.size()), into.end(), '\0');
      break;
    case Operation::kOr:
      combine_with(into, with, [](std::uint64_t a, std::uint64_t b) { return a | b; });
      break;
    case Operation::kXor:
      combine_with(into, with, [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
      break;
  }
}

void invert(std::string& bytes) {
  for (char& byte : bytes) byte = static_cast<char>(~static_cast<unsigned char>(byte));
}

std::int64_t read_field(std::string_view bytes, const Field& field) {
  std::uint64_t value = 0;
  for (std::uint32_t i = 0; i < field.width; ++i)
    value = value << 1 | static_cast<std::uint64_t>(get(bytes, field.offset + i));
  const std::uint32_t above = 64 - field.width;
  return field.is_signed ? static_cast<std::int64_t>(value << above) >> above
                         : static_cast<std::int64_t>(value);
}

void write_field(std::string& bytes, const Field& field, std::int64_t value) {
  const auto pattern = static_cast<std::uint64_t>(value);
  for (std::uint32_t i = 0; i < field.width; ++i)
    set(bytes, field.offset + i, (pattern >> (field.width - 1 - i) & 1U) != 0);
}

std::optional<std::int64_t> fitted(const Field& field, std::int64_t value, std::int64_t increment,
                                   Overflow overflow) {
  __extension__ typedef __int128 Wide;
  const Wide span = static_cast<Wide>(1) << field.width;
  const Wide most = (field.is_signed ? span / 2 : span) - 1;
  const Wide least = field.is_signed ? -(span / 2) : 0;
  const Wide start =
      field.is_signed ? Wide{value} : static_cast<Wide>(static_cast<std::uint64_t>(value));
  const Wide sum = start + increment;
  if (sum >= least && sum <= most) return static_cast<std::int64_t>(sum);
  if (overflow == Overflow::kFail) return {};
  // Redis 7.0 takes what is too low for its own subtraction to hold (2^63 below the most and more)
  // for too high; only a SET can be that low.
  const bool is_high = sum > most || (field.width < 64 && most - start > INT64_MAX);
  if (overflow == Overflow::kSaturate) return static_cast<std::int64_t>(is_high ? most : least);
  Wide wrapped = sum & (span - 1);
  if (wrapped > most) wrapped -= span;
  return static_cast<std::int64_t>(wrapped);
}

}  // namespace engine::bits
