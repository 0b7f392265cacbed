#include "engine/users/selector.h"

#include <algorithm>
#include <utility>

#include "base/glob.h"
#include "engine/command/acl_category.h"
#include "engine/command/arguments.h"
#include "engine/users/names.h"
#include "engine/users/rule_errors.h"

namespace engine::users {
namespace {

constexpr std::uint8_t kBothRights = kMayReadKey | kMayWriteKey;

// "%R~": which rights, and where the pattern begins; rights 0: it is malformed.
struct RightsWord {
  std::uint8_t rights = 0;
  std::size_t pattern_at = 0;
};

RightsWord rights_of(std::string_view rule) {
  if (rule[0] == '~') return {kBothRights, 1};
  RightsWord word{0, rule.size()};
  for (std::size_t i = 1; i < rule.size(); ++i) {
    if (rule[i] == '~') {
      word.pattern_at = i + 1;
      return word;
    }
    const bool is_read = rule[i] == 'R' || rule[i] == 'r';
    const bool is_write = rule[i] == 'W' || rule[i] == 'w';
    const std::uint8_t right = is_read ? kMayReadKey : is_write ? kMayWriteKey : 0;
    if (right == 0 || (word.rights & right) != 0) return {};
    word.rights = static_cast<std::uint8_t>(word.rights | right);
  }
  return word;
}

}  // namespace

std::uint64_t category_named(std::string_view name) {
  for (const AclCategoryName& category : kAclCategoryNames) {
    if (equals_ignoring_case(category.name, name)) return category.bit;
  }
  return 0;
}

std::string_view Selector::apply(std::string_view rule) {
  const auto is = [rule](std::string_view word) { return equals_ignoring_case(rule, word); };
  if (is("allkeys") || rule == "~*" || is("resetkeys")) {
    has_all_keys_ = !is("resetkeys");
    keys_.clear();
  } else if (is("allchannels") || rule == "&*" || is("resetchannels")) {
    has_all_channels_ = !is("resetchannels");
    channels_.clear();
  } else if (is("allcommands") || is("+@all") || is("nocommands") || is("-@all")) {
    set_all_commands(is("allcommands") || is("+@all"));
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return add_keys(rule);
  } else if (rule.starts_with('&')) {
    return add_channel(rule.substr(1));
  } else if (rule.starts_with('+') || rule.starts_with('-')) {
    return apply_to_commands(rule);
  } else {
    return rule_errors::kSyntax;
  }
  return {};
}

std::string_view Selector::add_keys(std::string_view rule) {
  if (has_all_keys_) return rule_errors::kKeysAfterAll;
  const RightsWord word = rights_of(rule);
  const std::string_view glob = rule.substr(std::min(word.pattern_at, rule.size()));
  if (word.rights == 0 || !is_plain_word(glob)) return rule_errors::kSyntax;
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [glob](const KeyPattern& key) { return key.glob == glob; });
  if (found == keys_.end()) {
    keys_.push_back({std::string(glob), word.rights});
  } else {
    found->rights = static_cast<std::uint8_t>(found->rights | word.rights);
  }
  return {};
}

std::string_view Selector::add_channel(std::string_view pattern) {
  if (has_all_channels_) return rule_errors::kChannelsAfterAll;
  if (!is_plain_word(pattern)) return rule_errors::kSyntax;
  if (std::find(channels_.begin(), channels_.end(), pattern) == channels_.end())
    channels_.emplace_back(pattern);
  return {};
}

// ---- commands ----

std::string_view Selector::apply_to_commands(std::string_view rule) {
  const bool is_allowed = rule[0] == '+';
  const std::string_view name = rule.substr(1);
  if (name.starts_with('@')) {
    const std::uint64_t category = category_named(name.substr(1));
    if (category == 0) return rule_errors::kUnknown;
    set_category(category, is_allowed);
    return {};
  }
  if (const auto command = catalog_->find(name)) {
    set_command(*command, is_allowed);
    remember((is_allowed ? "+" : "-") + std::string(catalog_->at(*command).name));
    return {};
  }
  const std::size_t bar = name.rfind('|');
  if (!is_allowed || bar == std::string_view::npos) return rule_errors::kUnknown;
  return allow_first_word(name, bar);
}

// "+select|0": what stands behind the name may be that word.
std::string_view Selector::allow_first_word(std::string_view name, std::size_t bar) {
  const auto command = catalog_->find(name.substr(0, bar));
  const std::string_view word = name.substr(bar + 1);
  if (!command) return rule_errors::kUnknown;
  if (catalog_->at(*command).container) return rule_errors::kFirstWordOfSubcommand;
  if (word.empty()) return rule_errors::kSyntax;
  if (!catalog_->at(*command).subcommands.empty()) return rule_errors::kUnknown;
  std::vector<std::string>& words = first_words_[*command];
  const bool is_there = std::any_of(words.begin(), words.end(), [word](const std::string& one) {
    return equals_ignoring_case(one, word);
  });
  if (is_there) return {};
  words.emplace_back(word);
  remember("+" + std::string(catalog_->at(*command).name) + "|" + std::string(word));
  return {};
}

void Selector::set_all_commands(bool is_allowed) {
  allowed_.assign(size(), is_allowed);
  allowed_count_ = is_allowed ? size() : 0;
  is_for_future_ = is_allowed;
  first_words_.clear();
  rules_.clear();
  if (is_allowed) rules_.emplace_back("+@all");
}

void Selector::set_category(std::uint64_t category, bool is_allowed) {
  std::string_view name;
  for (const AclCategoryName& one : kAclCategoryNames) {
    if (one.bit == category) name = one.name;
  }
  for (Number i = 0; i < catalog_->size(); ++i) {
    if ((catalog_->at(i).categories & category) != 0) set_command(i, is_allowed);
  }
  remember((is_allowed ? "+@" : "-@") + std::string(name));
}

// A container takes its subcommands with it.
void Selector::set_command(Number command, bool is_allowed) {
  set_bit(command, is_allowed);
  for (const Number sub : catalog_->at(command).subcommands) set_bit(sub, is_allowed);
}

void Selector::set_bit(Number command, bool is_allowed) {
  first_words_.erase(command);
  if (allowed_[command] == is_allowed) return;
  allowed_[command] = is_allowed;
  is_allowed ? ++allowed_count_ : --allowed_count_;
}

// What an earlier rule said of the same commands is of no consequence any more.
void Selector::remember(std::string rule) {
  const std::string_view about = std::string_view(rule).substr(1);
  std::erase_if(rules_, [about](const std::string& one) {
    return one != "+@all" && std::string_view(one).substr(1) == about;
  });
  rules_.push_back(std::move(rule));
}

// ---- questions ----

bool Selector::may_run_with(Number command, std::string_view first_word) const {
  const auto found = first_words_.find(command);
  if (found == first_words_.end()) return false;
  return std::any_of(
      found->second.begin(), found->second.end(),
      [first_word](const std::string& one) { return equals_ignoring_case(one, first_word); });
}

bool Selector::may_use_key(std::string_view key, std::uint8_t rights) const {
  if (has_all_keys_) return true;
  return std::any_of(keys_.begin(), keys_.end(), [&](const KeyPattern& pattern) {
    return (pattern.rights & rights) == rights && base::glob_match(pattern.glob, key);
  });
}

bool Selector::may_use_every_key(std::uint8_t rights) const {
  if (has_all_keys_) return true;
  return std::any_of(keys_.begin(), keys_.end(), [rights](const KeyPattern& pattern) {
    return (pattern.rights & rights) == rights && pattern.glob == "*";
  });
}

bool Selector::may_use_channel(std::string_view channel, bool is_pattern) const {
  if (has_all_channels_) return true;
  return std::any_of(channels_.begin(), channels_.end(), [&](const std::string& pattern) {
    return is_pattern ? pattern == channel : base::glob_match(pattern, channel);
  });
}

// ---- the state ----

void Selector::encode(base::Encoder& out) const {
  out.u8(static_cast<std::uint8_t>((has_all_keys_ ? 1 : 0) | (has_all_channels_ ? 2 : 0)));
  out.varint(rules_.size());
  for (const std::string& rule : rules_) out.bytes(rule);
  out.varint(keys_.size());
  for (const KeyPattern& key : keys_) {
    out.u8(key.rights);
    out.bytes(key.glob);
  }
  out.varint(channels_.size());
  for (const std::string& channel : channels_) out.bytes(channel);
}

// A rule about a command that this program does not know has no effect here: it is kept for one
// that does.
bool Selector::decode(base::Decoder& in) {
  const std::uint8_t flags = in.u8();
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    const std::string_view rule = in.bytes();
    if (rule.size() < 2 || (rule[0] != '+' && rule[0] != '-')) return false;
    if (!apply(rule).empty()) rules_.emplace_back(rule);
  }
  has_all_keys_ = (flags & 1) != 0;
  has_all_channels_ = (flags & 2) != 0;
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    const std::uint8_t rights = in.u8();
    keys_.push_back({std::string(in.bytes()), rights});
  }
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count)
    channels_.emplace_back(in.bytes());
  return in.ok();
}

}  // namespace engine::users
