// A sorted set of integers in one piece of bytes, laid out as Redis's intset, so that DUMP carries
// it: width u32 (2, 4 or 8 bytes), count u32, then the integers in ascending order, all
// little-endian. The width grows with the largest member and never shrinks. Cost: O(log n) find,
// O(n) change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

class Intset {
 public:
  static constexpr std::size_t kHeaderBytes = 8;

  explicit Intset(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::int64_t at(std::size_t i) const;
  [[nodiscard]] bool contains(std::int64_t number) const;
  // Whether bytes of unknown origin are a well-formed intset: of a valid width, ascending, not
  // empty.
  [[nodiscard]] static bool is_valid(std::string_view bytes);

  [[nodiscard]] static std::string empty();
  // False if it was there already.
  static bool insert(std::string& bytes, std::int64_t number);
  // False if it was not there.
  static bool erase(std::string& bytes, std::int64_t number);

 private:
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t lower_bound(std::int64_t number) const;

  std::string_view bytes_;
};

}  // namespace engine
