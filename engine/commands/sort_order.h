// The order of SORT: what is compared, and how elements get into that order. Where the order says
// that two are equal, their sequence is Redis's too: stable, but for a part of a list that is
// ordered by a pattern, which goes through the quicksort of Bentley and McIlroy (1993).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands/part_sort.h"

namespace engine::commands {

struct SortItem {
  std::string element;
  double score = 0;  // by number
  std::optional<std::string> weight =
      {};  // by text and pattern; nullopt: the pattern finds nothing
};

struct SortOrder {
  bool is_alpha = false;
  bool is_descending = false;
  bool has_pattern = false;
  bool is_binary = false;  // by text: all bytes count, not only those before the first zero

  // Negative, zero or positive.
  [[nodiscard]] int compare(const SortItem& a, const SortItem& b) const;

 private:
  [[nodiscard]] int compare_ascending(const SortItem& a, const SortItem& b) const;
  [[nodiscard]] int compare_text(std::string_view a, std::string_view b) const;
};

// Brings all items into order.
void sort_all(std::vector<SortItem>& items, const SortOrder& order);
// Brings the items that belong at first..last there; the others are in no particular order. After
// `splits_max` splits in a row it goes on with a sort that no input makes slow.
void sort_part(std::vector<SortItem>& items, const SortOrder& order, std::size_t first,
               std::size_t last, int splits_max);
// A number as SORT reads it: leading blanks, hexadecimal and inf are allowed, nothing at all is 0,
// a zero byte ends it. nullopt: none, or out of a double's range.
[[nodiscard]] std::optional<double> sort_score(const std::string& text);

}  // namespace engine::commands
