#include "bench/histogram.h"

#include <algorithm>
#include <bit>

namespace bench {
namespace {

constexpr std::uint64_t kPerOctave = 64;
constexpr std::size_t kBuckets = 60 * kPerOctave;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kPerOctave) return static_cast<std::size_t>(value);
  const auto shift = static_cast<std::uint64_t>(std::bit_width(value)) - 7;
  const std::uint64_t bucket = (shift + 1) * kPerOctave + (value >> shift) - kPerOctave;
  return std::min(static_cast<std::size_t>(bucket), kBuckets - 1);
}

std::int64_t upper_bound_of(std::size_t bucket) {
  if (bucket < kPerOctave) return static_cast<std::int64_t>(bucket);
  const std::uint64_t shift = bucket / kPerOctave - 1;
  const std::uint64_t first = (bucket % kPerOctave + kPerOctave) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << shift) - 1);
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets, 0) {}

void Histogram::record(std::int64_t nanoseconds) {
  const std::int64_t value = std::max<std::int64_t>(nanoseconds, 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::clear() { *this = Histogram(); }

std::int64_t Histogram::quantile(double fraction) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(fraction * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) return std::min(upper_bound_of(i), max_);
  }
  return max_;
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

}  // namespace bench
