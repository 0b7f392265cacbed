// What SCRIPT and FUNCTION say of one node alone; all else stands in engine/commands/scripts.cpp
// and functions.cpp.
#include "engine/context/context.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

void kill_script(LocalCall& call) {
  call.reply.error("NOTBUSY No scripts in execution right now.");
}

void debug_script(LocalCall& call) {
  const bool is_mode = call.argv.size() == 3 && (equals_ignoring_case(call.argv[2], "no") ||
                                                 equals_ignoring_case(call.argv[2], "yes") ||
                                                 equals_ignoring_case(call.argv[2], "sync"));
  if (!is_mode) return call.reply.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  equals_ignoring_case(call.argv[2], "no")
      ? call.reply.ok()
      : call.reply.error("ERR scripts are not debugged here: every node runs them");
}

constexpr CommandRow kScriptingRows[] = {
    row("function|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "7.0.0", "O(1)"}, {.local = write_help}),
    row("function|kill", 2, kFlagNoScript | kFlagAllowBusy, kNoKeys,
        {"Ends the function that runs.", "7.0.0", "O(1)"}, {.local = kill_script},
        {.tips = "request_policy:all_shards response_policy:one_succeeded"}),
    row("script|debug", 3, kFlagNoScript, kNoKeys, {"Debugs scripts: not here.", "3.2.0", "O(1)"},
        {.local = debug_script}),
    row("script|kill", 2, kFlagNoScript | kFlagAllowBusy, kNoKeys,
        {"Ends the script that runs.", "2.6.0", "O(1)"}, {.local = kill_script},
        {.tips = "request_policy:all_shards response_policy:one_succeeded"}),
    row("script|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
};

}  // namespace

constinit const Family kScriptingFamily{"scripting", kScriptingRows};

}  // namespace node
