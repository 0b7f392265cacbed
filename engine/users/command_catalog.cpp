#include "engine/users/command_catalog.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "engine/users/absent_commands.h"

namespace engine::users {
namespace {

constexpr std::string_view kNewestCounted = "7.0.99";  // versions compare as texts up to here
constexpr std::string_view kOurOwn = "client|reads";

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace

CommandCatalog::CommandCatalog(const CommandTable& table) : table_(table.with_subcommands()) {
  for (const CommandSpec& spec : table.with_subcommands()) {
    commands_.push_back({.name = spec.name,
                         .categories = spec.acl_categories,
                         .container = {},
                         .subcommands = {},
                         .is_counted = spec.since <= kNewestCounted && spec.name != kOurOwn});
  }
  const std::size_t present = commands_.size();
  const auto by_name = [this](Number a, Number b) { return at(a).name < at(b).name; };
  for (Number i = 0; i < present; ++i) by_name_.push_back(i);
  std::sort(by_name_.begin(), by_name_.end(), by_name);
  std::vector<Number> absent;
  for (const AbsentCommand& command : kAbsentCommands) {
    if (find(command.name) || !has_container(command.name)) continue;
    absent.push_back(static_cast<Number>(commands_.size()));
    commands_.push_back({.name = command.name,
                         .categories = command.categories,
                         .container = {},
                         .subcommands = {}});
  }
  by_name_.insert(by_name_.end(), absent.begin(), absent.end());
  std::sort(by_name_.begin(), by_name_.end(), by_name);
  add_containers();
}

// A subcommand's container is in the table, or among the absent ones, before it.
bool CommandCatalog::has_container(std::string_view name) const {
  const std::string_view container = name.substr(0, name.find('|'));
  const auto is_it = [container](const Command& command) { return command.name == container; };
  return container == name || std::any_of(commands_.begin(), commands_.end(), is_it);
}

void CommandCatalog::add_containers() {
  for (Number i = 0; i < commands_.size(); ++i) {
    const std::size_t bar = commands_[i].name.find('|');
    if (bar == std::string_view::npos) continue;
    const auto container = find(commands_[i].name.substr(0, bar));
    CHECK(container.has_value());
    commands_[i].container = container;
    commands_[*container].subcommands.push_back(i);
  }
}

CommandCatalog::Number CommandCatalog::number_of(const CommandSpec& spec) const {
  const std::less<const CommandSpec*> before;
  const bool is_ours =
      !before(&spec, table_.data()) && before(&spec, table_.data() + table_.size());
  if (is_ours) return static_cast<Number>(&spec - table_.data());
  const auto number = find(spec.name);
  CHECK(number.has_value());
  return *number;
}

std::optional<CommandCatalog::Number> CommandCatalog::find(std::string_view name) const {
  const std::string wanted = folded(name);
  const auto found = std::lower_bound(
      by_name_.begin(), by_name_.end(), wanted,
      [this](Number number, const std::string& text) { return at(number).name < text; });
  if (found == by_name_.end() || at(*found).name != wanted) return {};
  return *found;
}

}  // namespace engine::users
