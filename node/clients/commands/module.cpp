// MODULE: there are none, and none can be loaded.
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

void list(LocalCall& call) { call.reply.array(0); }

void refuse(LocalCall& call) {
  call.reply.error(
      "ERR MODULE command not allowed. A module would have to do the same on every node, which "
      "nothing can promise: none is loaded here.");
}

constexpr std::uint32_t kFlags = kFlagAdmin | kFlagNoScript;
constexpr std::uint32_t kLoadFlags = kFlags | kFlagNoAsyncLoading;

constexpr CommandRow kModuleRows[] = {
    row("module", -2, 0, kNoKeys, {"Modules: there are none.", "4.0.0"}),
    row("module|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
    row("module|list", 2, kFlags, kNoKeys, {"Lists the modules.", "4.0.0", "O(1)"}, {.local = list},
        {.tips = "nondeterministic_output_order"}),
    row("module|load", -3, kLoadFlags, kNoKeys, {"Loads a module: not here.", "4.0.0", "O(1)"},
        {.local = refuse}),
    row("module|loadex", -3, kLoadFlags, kNoKeys, {"Loads a module: not here.", "7.0.0", "O(1)"},
        {.local = refuse}),
    row("module|unload", 3, kLoadFlags, kNoKeys, {"Unloads a module: not here.", "4.0.0", "O(1)"},
        {.local = refuse}),
};

}  // namespace

constinit const Family kModuleFamily{"server", kModuleRows};

}  // namespace node
