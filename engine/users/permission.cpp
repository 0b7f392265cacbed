#include "engine/users/permission.h"

#include <algorithm>

#include "engine/command/key_shape.h"

namespace engine::users {
namespace {

bool has_word(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos;
       at = words.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' '))
      return true;
  }
  return false;
}

// What a key specification's words mean for rights.
std::uint8_t rights_of(std::string_view use) {
  const bool reads = has_word(use, "access");
  const bool writes = has_word(use, "insert") || has_word(use, "delete") || has_word(use, "update");
  return static_cast<std::uint8_t>((reads ? kMayReadKey : 0) | (writes ? kMayWriteKey : 0));
}

// The keys of a call, found when a selector first asks for them.
class CallKeys {
 public:
  CallKeys(const CommandSpec& spec, Arguments argv) : spec_(spec), argv_(argv) {}
  struct Key {
    std::size_t place = 0;
    std::uint8_t rights = 0;
  };
  [[nodiscard]] const std::vector<Key>& get() {
    if (is_found_) return keys_;
    is_found_ = true;
    for (const KeyPosition& key : keys_of(spec_, argv_).positions) {
      const std::string_view use = key.use == kKeyVaries ? spec_.key_use(argv_) : key.use;
      if (!has_word(use, "not_key")) keys_.push_back({key.index, rights_of(use)});
    }
    return keys_;
  }

 private:
  const CommandSpec& spec_;
  Arguments argv_;
  bool is_found_ = false;
  std::vector<Key> keys_;
};

bool may_run(const Selector& selector, CommandCatalog::Number number, const CommandSpec& spec,
             Arguments argv) {
  if ((spec.flags & kFlagNoAuth) != 0 || selector.may_run(number)) return true;
  return argv.size() > 1 && selector.may_run_with(number, argv[1]);
}

Verdict judge_channels(const Selector& selector, const CommandSpec& spec, Arguments argv) {
  if (spec.channels == ChannelUse::kNone || selector.has_all_channels()) return {};
  const std::size_t end = spec.channels == ChannelUse::kFirst ? 2 : argv.size();
  for (std::size_t i = 1; i < end && i < argv.size(); ++i) {
    if (!selector.may_use_channel(argv[i], spec.channels == ChannelUse::kPatterns))
      return {Denied::kChannel, i};
  }
  return {};
}

Verdict judge_selector(const Selector& selector, CommandCatalog::Number number,
                       const CommandSpec& spec, Arguments argv, CallKeys& keys) {
  if (!may_run(selector, number, spec, argv)) return {Denied::kCommand, 0};
  if (!selector.has_all_keys() && !spec.key_specs.empty()) {
    for (const CallKeys::Key& key : keys.get()) {
      if (!selector.may_use_key(argv[key.place], key.rights)) return {Denied::kKey, key.place};
    }
  }
  return judge_channels(selector, spec, argv);
}

std::string_view toplevel_text(Denied what) {
  return what == Denied::kKey ? "NOPERM this user has no permissions to access one of the keys "
                                "used as arguments"
                              : "NOPERM this user has no permissions to access one of the channels "
                                "used as arguments";
}

std::string_view multi_reason(Denied what) {
  switch (what) {
    case Denied::kCommand: return "no permission to execute the command or subcommand";
    case Denied::kKey: return "no permission to touch the specified keys";
    case Denied::kChannel: return "no permission to access one of the channels used as arguments";
    case Denied::kNothing: break;
  }
  return "no permission";
}

std::string_view script_text(Denied what) {
  switch (what) {
    case Denied::kKey:
      return "ERR The user executing the script can't access at least one of the keys mentioned in "
             "the command arguments";
    case Denied::kChannel:
      return "ERR The user executing the script can't publish to the channel mentioned in the "
             "command";
    case Denied::kCommand:
    case Denied::kNothing: break;
  }
  return "ERR The user executing the script can't run this command or subcommand";
}

}  // namespace

Verdict judge(const Users& users, const User& user, const CommandSpec& spec, Arguments argv) {
  if (user.may_all()) return {};
  const auto number = users.catalog().number_of(spec);
  CallKeys keys(spec, argv);
  Verdict worst{Denied::kCommand, 0};
  for (const Selector& selector : user.selectors()) {
    const Verdict verdict = judge_selector(selector, number, spec, argv, keys);
    if (verdict.what == Denied::kNothing) return {};
    const bool is_farther =
        verdict.what > worst.what || (verdict.what == worst.what && verdict.place > worst.place);
    if (is_farther) worst = verdict;
  }
  return worst;
}

bool may_use_channel(const User& user, std::string_view channel, bool is_pattern) {
  return std::any_of(
      user.selectors().begin(), user.selectors().end(),
      [&](const Selector& selector) { return selector.may_use_channel(channel, is_pattern); });
}

bool may_read_all_keys(const Users& users, const User& user, const CommandSpec& spec,
                       Arguments argv) {
  if (user.may_all()) return true;
  const auto number = users.catalog().number_of(spec);
  CallKeys keys(spec, argv);
  for (const Selector& selector : user.selectors()) {
    const bool is_allowed =
        judge_selector(selector, number, spec, argv, keys).what == Denied::kNothing;
    if (is_allowed && selector.may_use_every_key(kMayReadKey)) return true;
  }
  return false;
}

Denial denial_of(const Verdict& verdict, Where where, const CommandSpec& spec, Arguments argv) {
  const bool is_command = verdict.what == Denied::kCommand;
  return {.what = verdict.what,
          .where = where,
          .object = std::string(is_command ? spec.name : argv[verdict.place])};
}

std::string error_text(const Denial& denial) {
  if (denial.where == Where::kScript) return std::string(script_text(denial.what));
  if (denial.where == Where::kMulti) {
    return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
           "EXEC call. This command is no longer allowed for the following reason: " +
           std::string(multi_reason(denial.what));
  }
  if (denial.what != Denied::kCommand) return std::string(toplevel_text(denial.what));
  return "NOPERM this user has no permissions to run the '" + denial.object + "' command";
}

}  // namespace engine::users
