#include "engine/commands/sort_order.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>

namespace engine::commands {
namespace {

std::string_view before_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

// Partial quicksort over the items between `begin_` and what it is called with.
class PartSorter {
 public:
  PartSorter(std::vector<SortItem>& items, const SortOrder& order, std::size_t first,
             std::size_t last)
      : items_(items), order_(order), first_(first), last_(last) {}

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
    return order_.compare(items_[a], items_[b]);
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
    std::stable_sort(at(begin), at(end), [this](const SortItem& a, const SortItem& b) {
      return order_.compare(a, b) < 0;
    });
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

  std::vector<SortItem>& items_;
  const SortOrder& order_;
  std::size_t first_, last_;
};

}  // namespace

int SortOrder::compare_text(std::string_view a, std::string_view b) const {
  return is_binary ? a.compare(b) : before_zero(a).compare(before_zero(b));
}

int SortOrder::compare_ascending(const SortItem& a, const SortItem& b) const {
  if (!is_alpha) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.element.compare(b.element);
  }
  if (!has_pattern) return compare_text(a.element, b.element);
  if (!a.weight || !b.weight)
    return static_cast<int>(a.weight.has_value()) - static_cast<int>(b.weight.has_value());
  return compare_text(*a.weight, *b.weight);
}

int SortOrder::compare(const SortItem& a, const SortItem& b) const {
  const int sign = compare_ascending(a, b);
  return is_descending ? (sign < 0 ? 1 : sign > 0 ? -1 : 0) : sign;
}

void sort_all(std::vector<SortItem>& items, const SortOrder& order) {
  std::stable_sort(items.begin(), items.end(), [&order](const SortItem& a, const SortItem& b) {
    return order.compare(a, b) < 0;
  });
}

void sort_part(std::vector<SortItem>& items, const SortOrder& order, std::size_t first,
               std::size_t last, int splits_max) {
  PartSorter(items, order, first, last).sort(0, items.size(), splits_max);
}

int sort_splits_max(std::size_t count) { return 4 * static_cast<int>(std::bit_width(count)); }

std::optional<double> sort_score(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(value)) return {};
  return value;
}

}  // namespace engine::commands
