// Users: what of ACL reads or changes them. What is about a connection, a file or this node's log
// of refusals is the node's (node/clients/commands/acl.cpp).

#include <string>

#include "engine/command/acl_category.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/rules/rules.h"
#include "engine/users/permission.h"
#include "engine/users/users.h"
#include "engine/users/users_setting.h"

namespace engine::commands {
namespace {

using users::Denied;
using users::Selector;
using users::User;

void wrong_arguments(ReadContext& context) {
  context.error("ERR unknown subcommand or wrong number of arguments for '" +
                errors::shown(context.arg(1)) + "'. Try ACL HELP.");
}

// ---- changes ----

void digest_user(State& state, std::string_view name) {
  std::string bytes;
  base::Encoder out(bytes);
  out.bytes(name);
  if (const User* user = state.users.find(name)) user->encode(out);
  state.digest_users(bytes);
}

void setuser(WriteContext& context) {
  State& state = context.mutable_state();
  if (state.rules < kRulesWithUsers) return context.error(users::kTooOldMembers);
  const std::string error = state.users.set(context.arg(2), context.argv().subspan(3));
  if (!error.empty()) return context.error("ERR " + error);
  digest_user(state, context.arg(2));
  context.effects().changed_users.emplace_back(context.arg(2));
  context.reply().ok();
}

void deluser(WriteContext& context) {
  State& state = context.mutable_state();
  if (state.rules < kRulesWithUsers) return context.error(users::kTooOldMembers);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    if (context.arg(i) == users::kDefaultUser)
      return context.error("ERR The 'default' user cannot be removed");
  }
  for (std::size_t i = 2; i < context.argc(); ++i) {
    if (!state.users.remove(context.arg(i))) continue;
    ++removed;
    digest_user(state, context.arg(i));
    context.effects().ended_users.emplace_back(context.arg(i));
  }
  context.reply().integer(removed);
}

// ---- reads ----

void list(ReadContext& context) {
  const auto& all = context.state().users.all();
  context.reply().array(all.size());
  for (const auto& [name, user] : all) context.reply().bulk("user " + name + " " + user.describe());
}

void list_names(ReadContext& context) {
  const auto& all = context.state().users.all();
  context.reply().array(all.size());
  for (const auto& [name, user] : all) context.reply().bulk(name);
}

void write_rights(resp::ReplyWriter& reply, const Selector& selector) {
  reply.bulk("commands");
  reply.bulk(selector.describe_commands());
  reply.bulk("keys");
  reply.bulk(selector.describe_keys());
  reply.bulk("channels");
  reply.bulk(selector.describe_channels());
}

void getuser(ReadContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const std::string_view name = context.arg(2);
  const User* user = name.empty() ? nullptr : context.state().users.find(name);
  if (user == nullptr) return reply.null();
  reply.map(6);
  reply.bulk("flags");
  const auto flags = user->flags();
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("passwords");
  reply.array(user->passwords().size());
  for (const std::string& hash : user->passwords()) reply.bulk(hash);
  const auto& selectors = user->selectors();
  write_rights(reply, selectors[0]);
  reply.bulk("selectors");
  reply.array(selectors.size() - 1);
  for (std::size_t i = 1; i < selectors.size(); ++i) {
    reply.map(3);
    write_rights(reply, selectors[i]);
  }
}

void categories(ReadContext& context) {
  if (context.argc() > 3) return wrong_arguments(context);
  resp::ReplyWriter& reply = context.reply();
  if (context.argc() == 2) {
    reply.array(std::size(kAclCategoryNames));
    for (const AclCategoryName& category : kAclCategoryNames) reply.bulk(category.name);
    return;
  }
  const std::uint64_t category = users::category_named(context.arg(2));
  if (category == 0)
    return context.error("ERR Unknown category '" + errors::shown(context.arg(2)) + "'");
  const auto place = reply.defer_array();
  std::size_t count = 0;
  for (const CommandSpec& spec : context.state().commands.with_subcommands()) {
    if ((spec.acl_categories & category) == 0) continue;
    reply.bulk(spec.name);
    ++count;
  }
  reply.finish_array(place, count);
}

std::string why_not(const users::Denial& denial) {
  const std::string subject = "This user has no permissions to ";
  const bool is_key = denial.what == Denied::kKey;
  if (denial.what == Denied::kCommand) return subject + "run the '" + denial.object + "' command";
  return subject + "access the '" + denial.object + (is_key ? "' key" : "' channel");
}

void dryrun(ReadContext& context) {
  const std::string_view name = context.arg(2);
  const User* user = name.empty() ? nullptr : context.state().users.find(name);
  if (user == nullptr) return context.error("ERR User '" + errors::shown(name) + "' not found");
  const Arguments argv = context.argv().subspan(3);
  const Resolved resolved = context.state().commands.resolve(argv);
  if (resolved.spec == nullptr)
    return context.error("ERR Command '" + errors::shown(argv[0]) + "' not found");
  if (!resolved.error.empty()) return context.error(resolved.error);
  const auto verdict = users::judge(context.state().users, *user, *resolved.spec, argv);
  if (verdict.what == Denied::kNothing) return context.reply().ok();
  context.reply().bulk(
      why_not(users::denial_of(verdict, users::Where::kTopLevel, *resolved.spec, argv)));
}

void hide_words(std::vector<std::string_view>& words) {
  for (std::size_t i = 2; i < words.size(); ++i) words[i] = kHidden;
}

constexpr std::uint32_t kFlags = kFlagNoScript | kFlagLoading | kFlagStale;

constexpr CommandRow kUsersRows[] = {
    row("acl", -2, 0, kNoKeys, {"Users and what they may do.", "6.0.0"}),
    row("acl|cat", -2, kFlags, kNoKeys, {"Lists categories, or the commands of one.", "6.0.0"},
        {.read = categories}),
    row("acl|deluser", -3, kFlagAdmin | kFlags, kNoKeys,
        {"Removes users, and ends their connections.", "6.0.0"}, {.write = deluser}),
    row("acl|dryrun", -4, kFlagAdmin | kFlags, kNoKeys,
        {"Tells whether a user may carry out a command.", "7.0.0"}, {.read = dryrun}),
    row("acl|getuser", 3, kFlagAdmin | kFlags, kNoKeys, {"Tells what a user may do.", "6.0.0"},
        {.read = getuser}),
    row("acl|list", 2, kFlagAdmin | kFlags, kNoKeys, {"Lists users and their rules.", "6.0.0"},
        {.read = list}),
    row("acl|setuser", -3, kFlagAdmin | kFlags, kNoKeys, {"Makes or changes a user.", "6.0.0"},
        {.write = setuser}, {.hide_secrets = hide_words}),
    row("acl|users", 2, kFlagAdmin | kFlags, kNoKeys, {"Lists the names of users.", "6.0.0"},
        {.read = list_names}),
};

}  // namespace

constinit const Family kUsersFamily{"server", kUsersRows};

}  // namespace engine::commands
