// What SHA-1 and SHA-256 share (FIPS 180-4, 5.1.1 and 5.2.1): blocks of 64 bytes, how the last one
// is filled up, the result in hexadecimal digits. The rounds are each one's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base::sha {

inline constexpr std::size_t kBlockBytes = 64, kLengthBytes = 8;

// The four bytes from `at` as a big-endian number.
inline std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
  return word;
}

// What stands behind the last whole block, with the padding that ends a message of `size_bytes`.
inline std::string padded_tail(std::string_view tail, std::uint64_t size_bytes) {
  std::string last(tail);
  last.push_back('\x80');
  while (last.size() % kBlockBytes != kBlockBytes - kLengthBytes) last.push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8)
    last.push_back(static_cast<char>((size_bytes * 8) >> shift));
  return last;
}

// `add_block(state, text)` takes the first block of the text into the state, an array of words.
template <typename Words, typename AddBlock>
std::string hex(Words state, std::string_view bytes, AddBlock add_block) {
  const std::uint64_t size_bytes = bytes.size();
  for (; bytes.size() >= kBlockBytes; bytes.remove_prefix(kBlockBytes)) add_block(state, bytes);
  const std::string last = padded_tail(bytes, size_bytes);
  for (std::size_t at = 0; at < last.size(); at += kBlockBytes)
    add_block(state, std::string_view(last).substr(at));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) digits.push_back(kDigits[(word >> shift) & 15]);
  }
  return digits;
}

}  // namespace base::sha
