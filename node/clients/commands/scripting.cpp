// FUNCTION LIST, STATS, DUMP and SCRIPT EXISTS, FLUSH of a node that has no scripts: what tools ask
// for. FUNCTION FLUSH stands in engine/commands/server.cpp.
#include "base/glob.h"
#include "engine/context.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"

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

void scripts_exist(LocalCall& call) {
  call.reply.array(call.argv.size() - 2);
  for (std::size_t i = 2; i < call.argv.size(); ++i) call.reply.integer(0);
}

void flush_scripts(LocalCall& call) {
  const bool is_mode = call.argv.size() == 2 ||
                       (call.argv.size() == 3 && (equals_ignoring_case(call.argv[2], "sync") ||
                                                  equals_ignoring_case(call.argv[2], "async")));
  is_mode ? call.reply.ok() : call.reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
}

constexpr LocalCommand kCommands[] = {
    {"function|list", list_functions}, {"function|stats", function_statistics},
    {"function|dump", dump_functions}, {"function|help", write_help},
    {"script|exists", scripts_exist},  {"script|flush", flush_scripts},
    {"script|help", write_help}};

}  // namespace

std::span<const LocalCommand> scripting_commands() { return kCommands; }

}  // namespace node
