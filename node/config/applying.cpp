#include "node/config/applying.h"

#include "base/number.h"

namespace node {

std::optional<SkippedEntry> parse_skipped_entry(std::string_view text) {
  if (text.empty()) return SkippedEntry{};
  const std::size_t colon = text.find(':');
  const auto index = base::parse_unsigned(text.substr(0, colon));
  if (!index || *index == 0) return {};
  if (colon == std::string_view::npos) return SkippedEntry{.index = *index};
  const auto element = base::parse_unsigned(text.substr(colon + 1));
  if (!element) return {};
  return SkippedEntry{.index = *index, .is_whole = false, .element = *element};
}

}  // namespace node
