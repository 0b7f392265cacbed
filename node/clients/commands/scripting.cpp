// FUNCTION LIST, STATS, DUMP of a node that has no functions: what tools ask for. FUNCTION FLUSH
// stands in engine/commands/server.cpp, scripts in engine/commands/scripts.cpp; here is what
// concerns one node alone.
#include "base/glob.h"
#include "engine/context/context.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

// Nothing, in the format of RDB version 10: the version and the checksum of these two bytes.
constexpr std::string_view kEmptyDump("\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda", 10);

void list_functions(LocalCall& call) {
  for (std::size_t i = 2; i < call.argv.size(); ++i) {
    const std::string_view word = call.argv[i];
    if (equals_ignoring_case(word, "withcode")) continue;
    if (!equals_ignoring_case(word, "libraryname"))
      return call.reply.error("ERR Unknown argument " + std::string(word));
    if (++i >= call.argv.size()) return call.reply.error("ERR library name argument was not given");
  }
  call.reply.array(0);
}

void function_statistics(LocalCall& call) {
  call.reply.map(2);
  call.reply.bulk("running_script");
  call.reply.null();
  call.reply.bulk("engines");
  call.reply.map(1);
  call.reply.bulk("LUA");
  call.reply.map(2);
  call.reply.bulk("libraries_count");
  call.reply.integer(0);
  call.reply.bulk("functions_count");
  call.reply.integer(0);
}

void dump_functions(LocalCall& call) { call.reply.bulk(kEmptyDump); }

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

constexpr CommandRow kRows[] = {
    row("function|dump", 2, kFlagNoScript, kNoKeys,
        {"Answers all functions in one string.", "7.0.0"}, {.local = dump_functions}),
    row("function|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "7.0.0", "O(1)"}, {.local = write_help}),
    row("function|list", -2, kFlagNoScript, kNoKeys, {"Lists the functions.", "7.0.0"},
        {.local = list_functions}, {.tips = "nondeterministic_output_order"}),
    row("function|stats", 2, kFlagNoScript | kFlagAllowBusy, kNoKeys,
        {"Tells what function runs and how many there are.", "7.0.0", "O(1)"},
        {.local = function_statistics},
        {.tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
    row("script|debug", 3, kFlagNoScript, kNoKeys, {"Debugs scripts: not here.", "3.2.0", "O(1)"},
        {.local = debug_script}),
    row("script|kill", 2, kFlagNoScript | kFlagAllowBusy, kNoKeys,
        {"Ends the script that runs.", "2.6.0", "O(1)"}, {.local = kill_script},
        {.tips = "request_policy:all_shards response_policy:one_succeeded"}),
    row("script|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
};

}  // namespace

constinit const Family kScriptingFamily{"scripting", kRows};

}  // namespace node
