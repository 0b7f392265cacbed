#include "engine/users/users_file.h"

#include <algorithm>

#include "engine/users/rule_errors.h"

namespace engine::users {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
}

// As Redis cuts these lines: at single blanks, nothing is quoted.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// The first error of one user's rules, behind its place.
std::string apply_all(User& user, Arguments words, const std::string& place) {
  std::vector<std::string> rules;
  std::string_view open;
  if (!join_selectors(words, rules, open))
    return place + ": Unmatched parenthesis in selector definition.";
  for (const std::string& rule : rules) {
    const std::string_view trimmed_rule = trimmed(rule);
    if (trimmed_rule.empty()) continue;
    const std::string_view error = user.apply(trimmed_rule);
    if (error == rule_errors::kUnknown)
      return place + ": Error in applying operation '" + rule + "': " + std::string(error) + ". ";
    if (!error.empty()) return place + ": " + std::string(error) + ". ";
  }
  return {};
}

}  // namespace

std::string read_users(std::string_view text, std::string_view file, const CommandCatalog& catalog,
                       bool has_all_channels, Users::ByName& users) {
  std::string errors;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const std::vector<std::string_view> words = words_of(line);
    const std::string place = std::string(file) + ":" + std::to_string(number);
    if (words[0] != "user" || words.size() < 2) {
      errors += place + " should start with user keyword followed by the username. ";
      continue;
    }
    const std::string name(words[1]);
    if (name.empty() || users.contains(name)) {
      errors +=
          "WARNING: Duplicate user '" + name + "' found on line " + std::to_string(number) + ". ";
      continue;
    }
    User user(catalog, has_all_channels);
    errors += apply_all(user, Arguments(words).subspan(2), place);
    users.emplace(name, std::move(user));
  }
  return errors.empty()
             ? errors
             : errors +
                   "WARNING: ACL errors detected, no change to the previously active ACL "
                   "rules was performed";
}

}  // namespace engine::users
