// What SCAN, SSCAN, HSCAN and ZSCAN share: the cursor and the options.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/glob.h"
#include "engine/context/context.h"

namespace engine::commands {

struct ScanOptions {
  std::int64_t count = 10;
  std::string_view pattern = "*", type = {};

  [[nodiscard]] bool matches(std::string_view name) const {
    return pattern == "*" || base::glob_match(pattern, name);
  }
};

// A cursor as Redis 7.0 takes it: nothing is zero, a sign is allowed and a negative one wraps
// around. Redis's error is written if it is none.
[[nodiscard]] std::optional<std::uint64_t> scan_cursor(ReadContext& context, std::size_t i);
// From argument `first` on; false: the error is written. TYPE is for SCAN alone.
[[nodiscard]] bool parse_scan_options(ReadContext& context, std::size_t first, bool has_type,
                                      ScanOptions& options);

// Walks places downward from the end: one that stays is never missed, because what moves moves
// down. The cursor is the number of places still to be walked. A packed collection is walked whole,
// as in Redis. Writes the reply: `visit(place)` writes what it finds there and returns how many
// replies that were.
template <class Visit>
void scan_places(ReadContext& context, std::uint64_t cursor, std::uint64_t end, bool is_packed,
                 const ScanOptions& options, Visit visit) {
  std::uint64_t left = cursor == 0 || is_packed ? end : std::min(cursor, end);
  const std::uint64_t looks = is_packed ? end : static_cast<std::uint64_t>(options.count);
  const std::uint64_t stop = left > looks ? left - looks : 0;
  context.reply().array(2);
  context.reply().bulk(std::to_string(stop));
  const auto place = context.reply().defer_array();
  std::size_t count = 0;
  if (is_packed) {
    for (std::uint64_t i = 0; i < end; ++i) count += visit(i);
  } else {
    while (left > stop && !context.reply().is_over()) count += visit(--left);
  }
  context.reply().finish_array(place, count);
}

// SSCAN, HSCAN, ZSCAN key cursor [options]. `view_of(entry)` is a view of the collection with
// place_end() and is_packed(); `visit(view, place, options)` as for scan_places.
template <class ViewOf, class Visit>
void scan_collection(ReadContext& context, Type type, ViewOf view_of, Visit visit) {
  const auto cursor = scan_cursor(context, 2);
  if (!cursor) return;
  const Found entry = context.find_of(context.arg(1), type);
  if (entry.is_wrong()) return;
  ScanOptions options;
  if (entry == nullptr) return scan_places(context, 0, 0, true, options, [](auto) { return 0U; });
  if (!parse_scan_options(context, 3, false, options)) return;
  const auto view = view_of(*entry);
  scan_places(context, *cursor, view.place_end(), view.is_packed(), options,
              [&](std::uint64_t place) { return visit(view, place, options); });
}

}  // namespace engine::commands
