// COMMAND and its subcommands.
#include "engine/command/info.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/doors.h"

namespace node {
namespace {

// At the door of the caller.
const engine::CommandTable& known(const LocalCall& call) {
  return manners_of(call.session.info.door).commands();
}

void command(LocalCall& call) { engine::write_all_commands(known(call), call.reply); }
void count(LocalCall& call) {
  call.reply.integer(static_cast<std::int64_t>(known(call).all().size()));
}
void info(LocalCall& call) { engine::write_command_infos(known(call), call.argv, call.reply); }
void docs(LocalCall& call) { engine::write_command_docs(known(call), call.argv, call.reply); }
void list(LocalCall& call) { engine::write_command_list(known(call), call.argv, call.reply); }
void get_keys(LocalCall& call) {
  engine::write_command_keys(known(call), call.argv, false, call.reply);
}
void get_keys_and_flags(LocalCall& call) {
  engine::write_command_keys(known(call), call.argv, true, call.reply);
}

constexpr CommandRow kCommandRows[] = {
    row("command", -1, kFlagLoading | kFlagStale, kNoKeys, {"Describes the commands.", "2.8.13"},
        {.local = command}, {.acl = kAclConnection, .tips = "nondeterministic_output_order"}),
    row("command|count", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Counts the commands.", "2.8.13", "O(1)"}, {.local = count}, {.acl = kAclConnection}),
    row("command|docs", -2, kFlagLoading | kFlagStale, kNoKeys, {"Documents commands.", "7.0.0"},
        {.local = docs}, {.acl = kAclConnection, .tips = "nondeterministic_output_order"}),
    row("command|getkeys", -4, kFlagLoading | kFlagStale, kNoKeys,
        {"Picks the keys out of a command.", "2.8.13"}, {.local = get_keys},
        {.acl = kAclConnection}),
    row("command|getkeysandflags", -4, kFlagLoading | kFlagStale, kNoKeys,
        {"Picks the keys and their use out of a command.", "7.0.0"}, {.local = get_keys_and_flags},
        {.acl = kAclConnection}),
    row("command|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help},
        {.acl = kAclConnection}),
    row("command|info", -2, kFlagLoading | kFlagStale, kNoKeys,
        {"Describes single commands.", "2.8.13"}, {.local = info},
        {.acl = kAclConnection, .tips = "nondeterministic_output_order"}),
    row("command|list", -2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the names of the commands.", "7.0.0"}, {.local = list},
        {.acl = kAclConnection, .tips = "nondeterministic_output_order"}),
};

}  // namespace

constinit const Family kCommandFamily{"server", kCommandRows};

}  // namespace node
