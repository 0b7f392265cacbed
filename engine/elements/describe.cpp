#include "engine/elements/describe.h"

namespace engine {
namespace {

constexpr std::size_t kShownBytesMax = 64;

std::string shown(std::string_view text) {
  std::string made;
  for (const char c : text.substr(0, kShownBytesMax))
    made.push_back(c < ' ' || c == '\x7f' ? '?' : c);
  return text.size() > kShownBytesMax ? made + "..." : made;
}

std::string describe(const CommandTable& commands, Arguments argv) {
  const CommandSpec* spec = commands.resolve(argv).spec;
  const Keys keys = spec == nullptr ? Keys{.ok = false, .positions = {}} : keys_of(*spec, argv);
  std::string text = shown(argv[0]);
  if (keys.ok && !keys.positions.empty())
    text += " of key '" + shown(argv[keys.positions[0].index]) + "'";
  return text;
}

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what);
}

}  // namespace

std::string describe(const CommandTable& commands, const Element& element) {
  switch (element.kind) {
    case ElementKind::kCommand:
    case ElementKind::kBlocking: return describe(commands, element.argv);
    case ElementKind::kExec:
      return element.commands.empty()
                 ? "an empty EXEC"
                 : "an EXEC of " + count_of(element.commands.size(), "commands, the first is ") +
                       describe(commands, element.commands[0].argv);
    case ElementKind::kWatch: return "a WATCH";
    case ElementKind::kUnwatch: return "an UNWATCH";
    case ElementKind::kSwept: return count_of(element.swept.size(), "expired keys");
    case ElementKind::kSweptFields: return count_of(element.swept_fields.size(), "expired fields");
    case ElementKind::kEvicted: return count_of(element.evicted.size(), "evicted keys");
    case ElementKind::kDropClients: return "the end of former clients";
    case ElementKind::kUnblock: return "the end of a client's waiting";
    case ElementKind::kSetting: return "the setting " + shown(element.argv[0]);
  }
  return {};
}

}  // namespace engine
