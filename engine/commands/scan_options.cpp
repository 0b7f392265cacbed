#include "engine/commands/scan_options.h"

namespace engine::commands {

std::optional<std::uint64_t> scan_cursor(ReadContext& context, std::size_t i) {
  std::string_view text = context.arg(i);
  const auto refuse = [&context]() -> std::optional<std::uint64_t> {
    context.error(errors::kInvalidCursor);
    return {};
  };
  const bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    text.remove_prefix(1);
    if (text.empty()) return refuse();
  }
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9' || __builtin_mul_overflow(value, 10ULL, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(digit - '0'), &value))
      return refuse();
  }
  return is_negative ? 0 - value : value;
}

bool parse_scan_options(ReadContext& context, std::size_t first, bool has_type,
                        ScanOptions& options) {
  for (std::size_t i = first; i < context.argc(); i += 2) {
    const std::string_view word = context.arg(i);
    if (i + 1 >= context.argc()) return context.error(errors::kSyntax), false;
    if (equals_ignoring_case(word, "MATCH")) {
      options.pattern = context.arg(i + 1);
    } else if (has_type && equals_ignoring_case(word, "TYPE")) {
      options.type = context.arg(i + 1);
    } else if (equals_ignoring_case(word, "COUNT")) {
      const auto count = integer_argument(context, i + 1);
      if (!count) return false;
      if (*count < 1) return context.error(errors::kSyntax), false;
      options.count = *count;
    } else {
      return context.error(errors::kSyntax), false;
    }
  }
  return true;
}

}  // namespace engine::commands
