// COMMAND and its subcommands.
#include "engine/command_info.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"

namespace node {
namespace {

void command(LocalCall& call) { engine::write_all_commands(call.reply); }
void count(LocalCall& call) {
  call.reply.integer(static_cast<std::int64_t>(engine::all_commands().size()));
}
void info(LocalCall& call) { engine::write_command_infos(call.argv, call.reply); }
void docs(LocalCall& call) { engine::write_command_docs(call.argv, call.reply); }
void list(LocalCall& call) { engine::write_command_list(call.argv, call.reply); }
void get_keys(LocalCall& call) { engine::write_command_keys(call.argv, false, call.reply); }
void get_keys_and_flags(LocalCall& call) {
  engine::write_command_keys(call.argv, true, call.reply);
}

constexpr LocalCommand kCommands[] = {
    {"command", command},         {"command|count", count},
    {"command|info", info},       {"command|docs", docs},
    {"command|list", list},       {"command|getkeys", get_keys},
    {"command|help", write_help}, {"command|getkeysandflags", get_keys_and_flags}};

}  // namespace

std::span<const LocalCommand> command_commands() { return kCommands; }

}  // namespace node
