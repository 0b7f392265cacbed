// Counts what a command is about to add to the data, before it adds anything (DESIGN decision 25).
#pragma once

#include <cstdint>

namespace engine {

// Invariant: once it is over, it stays so.
class Growth {
 public:
  // About what an element costs beside its bytes.
  static constexpr std::uint64_t kElementBytes = 32;

  explicit Growth(std::uint64_t bytes_max) : left_(bytes_max) {}
  // One element more; false, from then on: it has become too much.
  bool add(std::uint64_t bytes) {
    is_over_ = is_over_ || bytes + kElementBytes > left_;
    if (!is_over_) left_ -= bytes + kElementBytes;
    return !is_over_;
  }
  [[nodiscard]] bool is_over() const { return is_over_; }

 private:
  std::uint64_t left_;
  bool is_over_ = false;
};

}  // namespace engine
