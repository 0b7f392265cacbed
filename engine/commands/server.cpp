// Commands about the server that read or change the state: MEMORY USAGE, LOLWUT.
#include <array>
#include <string>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

constexpr std::size_t kNodesMax = 32;
constexpr std::size_t kNodes = 3;

// A ring of so many nodes, of which a majority is filled.
std::string ring(std::size_t nodes) {
  std::string line, shadow;
  for (std::size_t i = 0; i < nodes; ++i) {
    line += i <= nodes / 2 ? "(###)" : "(   )";
    shadow += "  |  ";
    if (i + 1 < nodes) line += "=====", shadow += "     ";
  }
  return line + "\n" + shadow + "\n" + std::string(line.size() / 2, '~') + " log " +
         std::string(line.size() / 2, '~') + "\n";
}

// SAMPLES is accepted: the figure is exact however many elements there are.
void memory_usage(ReadContext& context) {
  for (std::size_t i = 3; i < context.argc(); i += 2) {
    if (!equals_ignoring_case(context.arg(i), "SAMPLES") || i + 1 >= context.argc())
      return context.error(errors::kSyntax);
    const auto samples = integer_argument(context, i + 1);
    if (!samples) return;
    if (*samples < 0) return context.error(errors::kSyntax);
  }
  const Entry* entry = context.find(context.arg(2), Lookup::kSilent);
  if (entry == nullptr) return context.reply().null();
  context.reply().integer(static_cast<std::int64_t>(entry->memory_bytes() + sizeof(Entry)));
}

// Our own picture. LOLWUT [VERSION version [nodes ...]].
void lolwut(ReadContext& context) {
  std::size_t nodes = kNodes;
  const bool has_version = context.argc() >= 3 && equals_ignoring_case(context.arg(1), "VERSION");
  for (std::size_t i = 2; has_version && i < context.argc(); ++i) {
    const auto number = integer_argument(context, i);
    if (!number) return;
    if (i == 3 && *number > 0)
      nodes = std::min<std::size_t>(static_cast<std::size_t>(*number), kNodesMax);
  }
  context.reply().verbatim("txt", ring(nodes) + "\nA majority remembers. Quorate ver. 0.1.0\n");
}

constexpr CommandRow kServerRows[] = {
    row("lolwut", -1, kFlagReadonly | kFlagFast, kNoKeys, {"Draws a picture.", "5.0.0"},
        {.read = lolwut}),
    row("memory", -2, 0, kNoKeys, {"Commands on memory.", "4.0.0"}),
    row("memory|usage", -3, kFlagReadonly, one_key(kKeyLook, 2),
        {"Tells how much memory a key takes.", "4.0.0"}, {.read = memory_usage}),
};

}  // namespace

constinit const Family kServerFamily{"server", kServerRows};

}  // namespace engine::commands
