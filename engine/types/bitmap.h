// A growing set of positions, one bit each; finds the next member quickly. For dirty, frozen and
// emitted rows.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace engine {

class Bitmap {
 public:
  static constexpr std::uint64_t kNone = ~0ULL;

  [[nodiscard]] bool has(std::uint64_t bit) const {
    return bit / 64 < words_.size() && ((words_[bit / 64] >> (bit % 64)) & 1) != 0;
  }
  void add(std::uint64_t bit) {
    if (bit / 64 >= words_.size()) words_.resize(bit / 64 + 1, 0);
    words_[bit / 64] |= 1ULL << (bit % 64);
  }
  void remove(std::uint64_t bit) {
    if (bit / 64 < words_.size()) words_[bit / 64] &= ~(1ULL << (bit % 64));
  }
  void add_all(const Bitmap& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size(), 0);
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void add_below(std::uint64_t end) {
    if (words_.size() < (end + 63) / 64) words_.resize((end + 63) / 64, 0);
    for (std::uint64_t word = 0; word < end / 64; ++word) words_[word] = ~0ULL;
    if (end % 64 != 0) words_[end / 64] |= (1ULL << (end % 64)) - 1;
  }
  void clear() { words_.clear(); }
  // The first member at or after `from`; kNone if there is none. Cost: words skipped.
  [[nodiscard]] std::uint64_t next(std::uint64_t from) const {
    for (std::size_t word = from / 64; word < words_.size(); ++word) {
      std::uint64_t bits = words_[word];
      if (word == from / 64) bits &= ~0ULL << (from % 64);
      if (bits != 0) return word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
    }
    return kNone;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace engine
