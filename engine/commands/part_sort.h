// The quicksort of Bentley and McIlroy (1993) for a part of an array: where elements compare as
// equal, their sequence is Redis's.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace engine::commands {

// A limit that only an input made for it meets.
[[nodiscard]] inline int sort_splits_max(std::size_t count) {
  return 4 * static_cast<int>(std::bit_width(count));
}

// `compare(a, b)`: negative, zero or positive.
template <class Item, class Compare>
class PartSorter {
 public:
  PartSorter(std::vector<Item>& items, const Compare& compare, std::size_t first, std::size_t last)
      : items_(items), compare_(compare), first_(first), last_(last) {}

  // Brings the items that belong at first..last there; the others are in no particular order. After
  // `splits_left` splits in a row it goes on with a sort that no input makes slow.
  void sort(std::size_t begin, std::size_t end, int splits_left) {
    while (end - begin > 1 && begin <= last_ && end > first_) {
      if (end - begin < kInsertionMax) return insert_each(begin, end);
      if (splits_left-- == 0) return sort_stably(begin, end);
      std::swap(items_[begin], items_[pivot_of(begin, end)]);
      const auto [less, more] = partition(begin, end);
      sort(begin, begin + less, splits_left);
      begin = end - more;
    }
  }

 private:
  static constexpr std::size_t kInsertionMax = 7, kNintherMin = 40;

  [[nodiscard]] int compare(std::size_t a, std::size_t b) const {
    return compare_(items_[a], items_[b]);
  }

  void insert_each(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin + 1; i < end; ++i) {
      for (std::size_t at = i; at > begin && compare(at - 1, at) > 0; --at)
        std::swap(items_[at], items_[at - 1]);
    }
  }

  // Against inputs made to be slow.
  void sort_stably(std::size_t begin, std::size_t end) {
    const auto at = [this](std::size_t i) {
      return items_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    std::stable_sort(at(begin), at(end),
                     [this](const Item& a, const Item& b) { return compare_(a, b) < 0; });
  }

  [[nodiscard]] std::size_t middle(std::size_t a, std::size_t b, std::size_t c) const {
    if (compare(a, b) < 0) return compare(b, c) < 0 ? b : compare(a, c) < 0 ? c : a;
    return compare(b, c) > 0 ? b : compare(a, c) < 0 ? a : c;
  }

  [[nodiscard]] std::size_t pivot_of(std::size_t begin, std::size_t end) const {
    const std::size_t count = end - begin;
    std::size_t low = begin, mid = begin + count / 2, high = end - 1;
    if (count == kInsertionMax) return mid;
    if (count > kNintherMin) {
      const std::size_t step = count / 8;
      low = middle(low, low + step, low + 2 * step);
      mid = middle(mid - step, mid, mid + step);
      high = middle(high - 2 * step, high - step, high);
    }
    return middle(low, mid, high);
  }

  // Splits by the item at `begin`: those that are less lie in front, those that are more at the
  // end. Returns how many of each. Equal ones gather at both ends first and go to the middle last.
  std::pair<std::size_t, std::size_t> partition(std::size_t begin, std::size_t end) {
    std::size_t equal_low = begin + 1, low = begin + 1, high = end, equal_high = end;
    while (true) {
      for (int sign = 0; low < high && (sign = compare(low, begin)) <= 0; ++low) {
        if (sign == 0) std::swap(items_[equal_low++], items_[low]);
      }
      for (int sign = 0; low < high && (sign = compare(high - 1, begin)) >= 0; --high) {
        if (sign == 0) std::swap(items_[high - 1], items_[--equal_high]);
      }
      if (low >= high) break;
      std::swap(items_[low++], items_[--high]);
    }
    swap_ranges(begin, low, std::min(equal_low - begin, low - equal_low));
    swap_ranges(low, end, std::min(equal_high - high, end - equal_high));
    return {low - equal_low, equal_high - high};
  }

  // The first `count` from `left` on with the last `count` before `right_end`.
  void swap_ranges(std::size_t left, std::size_t right_end, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      std::swap(items_[left + i], items_[right_end - count + i]);
  }

  std::vector<Item>& items_;
  const Compare& compare_;
  std::size_t first_, last_;
};

}  // namespace engine::commands
