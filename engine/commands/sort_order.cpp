#include "engine/commands/sort_order.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace engine::commands {
namespace {

std::string_view before_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

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
  const auto compare = [&order](const SortItem& a, const SortItem& b) {
    return order.compare(a, b);
  };
  PartSorter(items, compare, first, last).sort(0, items.size(), splits_max);
}

std::optional<double> sort_score(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(value)) return {};
  return value;
}

}  // namespace engine::commands
