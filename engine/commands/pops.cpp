#include "engine/commands/pops.h"

#include "base/number.h"

namespace engine::commands {
namespace {

std::optional<std::int64_t> positive(ReadContext& context, std::size_t i, std::string_view error) {
  const auto value = base::parse_integer(context.arg(i));
  if (value && *value > 0) return value;
  context.error(error);
  return {};
}

// What stands behind the keys: an end, and perhaps a count, once.
bool take_end_and_count(ReadContext& context, std::string_view first_end,
                        std::string_view other_end, PopMany& query) {
  const std::string_view end = context.arg(query.end());
  query.is_first_end = equals_ignoring_case(end, first_end);
  if (!query.is_first_end && !equals_ignoring_case(end, other_end))
    return context.error(errors::kSyntax), false;
  bool has_count = false;
  for (std::size_t i = query.end() + 1; i < context.argc(); i += 2) {
    if (has_count || !equals_ignoring_case(context.arg(i), "COUNT") || i + 1 >= context.argc())
      return context.error(errors::kSyntax), false;
    const auto count = positive(context, i + 1, "ERR count should be greater than 0");
    if (!count) return false;
    query.count = static_cast<std::uint64_t>(*count);
    has_count = true;
  }
  return true;
}

}  // namespace

std::optional<PopMany> pop_many_arguments(ReadContext& context, std::size_t at,
                                          std::string_view first_end, std::string_view other_end) {
  const auto keys = positive(context, at, "ERR numkeys should be greater than 0");
  if (!keys) return {};
  if (*keys > static_cast<std::int64_t>(context.argc() - at) - 2)
    return context.error(errors::kSyntax), std::nullopt;
  PopMany query{.first_key = at + 1, .keys = static_cast<std::size_t>(*keys)};
  if (!take_end_and_count(context, first_end, other_end, query)) return {};
  return query;
}

}  // namespace engine::commands
