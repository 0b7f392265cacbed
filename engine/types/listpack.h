// A sequence of strings and integers in one piece of bytes, walked in both directions: the packed
// form of small collections, the chunks of lists and the nodes of streams. The layout is the
// listpack that Redis specifies publicly, byte for byte, because lists and streams break their
// nodes by its size and DUMP carries it:
//
//   total bytes u32 | count u16 (65535: count by walking) | elements | 0xFF
//   element: encoding and data | their length, readable from behind, 1 to 5 bytes
//
// A string that is a canonical int64 is kept as an integer. Offsets name elements: kFirst is the
// first one's, end() is behind the last. Cost: O(1) to step, O(size) to change in the middle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

class Listpack {
 public:
  static constexpr std::size_t kHeaderBytes = 6;
  static constexpr std::size_t kFirst = kHeaderBytes;
  static constexpr std::size_t kEmptyBytes = kHeaderBytes + 1;
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kSafeBytesMax = 1U << 30;

  struct Element {
    std::string_view text;  // into the listpack; empty if it is an integer
    std::int64_t number = 0;
    bool is_integer = false;

    // Digits of an integer go to `scratch` (kScratchBytes of value.h).
    [[nodiscard]] std::string_view view(char* scratch) const;
    [[nodiscard]] std::string string() const;
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool equals(std::string_view bytes) const;
  };

  // Whether one of `bytes` may take elements of so many bytes more: it must not outgrow the length
  // in its header (Redis 7.0: lpSafeToAdd).
  [[nodiscard]] static bool has_room(std::string_view bytes, std::size_t more) {
    return bytes.size() + more <= kSafeBytesMax;
  }

  // ---- reading; `bytes` is a well-formed listpack ----
  explicit Listpack(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t end() const { return bytes_.size() - 1; }
  [[nodiscard]] bool is_empty() const { return bytes_.size() == kEmptyBytes; }
  // O(1) below 65535 elements.
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] Element at(std::size_t offset) const;
  [[nodiscard]] std::size_t next(std::size_t offset) const;  // end() behind the last
  [[nodiscard]] std::size_t previous(
      std::size_t offset) const;  // kNone before the first; end() is allowed
  // The element of that number, from whichever end is nearer; negative numbers count from the end.
  // kNone if there is none.
  [[nodiscard]] std::size_t seek(std::int64_t number) const;
  // The first element from `offset` on that equals `bytes`, looking at every (1 + skip)th; kNone.
  [[nodiscard]] std::size_t find(std::size_t offset, std::string_view bytes,
                                 std::size_t skip = 0) const;
  // Whether bytes of unknown origin are a well-formed listpack.
  [[nodiscard]] static bool is_valid(std::string_view bytes);

  // ---- changing ----
  [[nodiscard]] static std::string empty();
  // Inserts before the element at `offset` (end() appends). Returns the new element's offset.
  static std::size_t insert(std::string& bytes, std::size_t offset, std::string_view element);
  static void append(std::string& bytes, std::string_view element) {
    insert(bytes, bytes.size() - 1, element);
  }
  static void append_integer(std::string& bytes, std::int64_t number);
  // Inserts all elements of another listpack before the element at `offset`.
  static void splice(std::string& bytes, std::size_t offset, std::string_view other);
  static void replace(std::string& bytes, std::size_t offset, std::string_view element);
  static void replace_integer(std::string& bytes, std::size_t offset, std::int64_t number);
  // Removes `count` elements beginning with that at `offset`, as far as there are so many.
  static void erase(std::string& bytes, std::size_t offset, std::size_t count = 1);

 private:
  std::string_view bytes_;
};

}  // namespace engine
