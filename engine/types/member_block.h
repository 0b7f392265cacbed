// A member of a dense set, hash or sorted set with what belongs to it, in one piece of memory: a
// byte that says how long the member is (and whether it is a hole), the member, the payload. Bytes
// may have a number behind them, which costs nothing where there is none. Long bytes lie in a piece
// of their own where the size classes of the allocator make both together smaller than one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace engine {

class MemberBlock {
 public:
  // What belongs to a member: nothing (sets), a number (sorted sets), bytes, and a number that is
  // not 0 behind them or none (hashes).
  enum class Payload : std::uint8_t { kNone, kNumber, kBytes };

  // Of `bytes` and `number` what belongs to the payload counts. The caller owns the block.
  [[nodiscard]] static char* make(Payload payload, std::string_view member, std::string_view bytes,
                                  double number);
  static void free(char* block, Payload payload);
  // What is allocated for it.
  [[nodiscard]] static std::size_t memory_bytes(const char* block, Payload payload);

  [[nodiscard]] static std::string_view member(const char* block) { return prefixed(block); }
  [[nodiscard]] static std::string_view bytes(const char* block);  // kBytes
  [[nodiscard]] static double number(const char* block, Payload payload);
  static void set_number(char* block, double number);  // kNumber
  // In place if that takes as much memory as before: true.
  [[nodiscard]] static bool set_bytes(char* block, std::string_view bytes, double number);

  [[nodiscard]] static bool is_hole(const char* block) {
    return (static_cast<std::uint8_t>(*block) & kHole) != 0;
  }
  static void make_hole(char* block) { *block = static_cast<char>(*block | kHole); }

 private:
  static constexpr std::uint8_t kHole = 0x80;
  // A length in front of bytes: itself below 125, or 126 and 2 bytes, or 127 and 4 bytes. 125 and a
  // pointer: the bytes lie apart. The high bit of the first byte is free for other use.
  static constexpr std::uint8_t kApart = 125, kTwoBytes = 126, kFourBytes = 127, kLengthBits = 127;
  // In the first byte of a payload's bytes: a number stands behind them.
  static constexpr std::uint8_t kHasNumber = 0x80;
  struct Shape {
    std::size_t block = 0, apart = 0;  // in bytes
  };

  [[nodiscard]] static std::size_t prefix_bytes(std::size_t length) {
    return length < kApart ? 1 : length <= UINT16_MAX ? 3 : 5;
  }
  static char* put_prefixed(char* at, std::string_view bytes);
  [[nodiscard]] static std::string_view prefixed(const char* at);
  [[nodiscard]] static char* apart(const char* payload);  // null: not apart
  [[nodiscard]] static Shape shape_of(Payload payload, std::string_view member,
                                      std::string_view bytes, double number);
  [[nodiscard]] static Shape shape_of(const char* block, Payload payload);
  static void put_bytes(char* at, char* apart, std::string_view bytes, double number);
};

}  // namespace engine
