// Latencies in nanoseconds, kept in buckets whose width is at most 1/64 of their value. Constant
// time to record; what was recorded can be asked for by quantile. One thread.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

class Histogram {
 public:
  Histogram();
  void record(std::int64_t nanoseconds);
  void clear();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The least upper bound of a bucket such that `fraction` of all values are at or below it; 0 when
  // nothing was recorded.
  [[nodiscard]] std::int64_t quantile(double fraction) const;
  [[nodiscard]] std::int64_t max() const { return max_; }
  [[nodiscard]] double mean() const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace bench
