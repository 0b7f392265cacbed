#include "engine/commands/picks.h"

namespace engine::commands {

std::optional<PickArguments> pick_arguments(ReadContext& context, std::string_view with) {
  constexpr std::string_view kRange =
      "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
  PickArguments arguments;
  if (with.empty() && context.argc() > 3) return context.error(errors::kSyntax), std::nullopt;
  if (context.argc() < 3) return arguments;
  arguments.count = integer_argument(context, 2);
  if (!arguments.count) return {};
  const std::int64_t count = *arguments.count;
  if (count == INT64_MIN) return context.error(kRange), std::nullopt;
  if (context.argc() == 3) return arguments;
  if (context.argc() > 4 || !equals_ignoring_case(context.arg(3), with))
    return context.error(errors::kSyntax), std::nullopt;
  if (count < -(INT64_MAX / 2) || count > INT64_MAX / 2)
    return context.error("ERR value is out of range"), std::nullopt;
  arguments.with_seconds = true;
  return arguments;
}

}  // namespace engine::commands
