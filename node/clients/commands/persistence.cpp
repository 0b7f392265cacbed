// SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, SHUTDOWN: Redis's names for checkpoints and for stopping.
#include "engine/context.h"
#include "engine/errors.h"
#include "node/clients/commands/local_command.h"

namespace node {
namespace {

void save(LocalCall& call) {
  if (call.node.checkpoint.is_running)
    return call.reply.error("ERR Background save already in progress");
  call.requests.saves = true;
}

void bgsave(LocalCall& call) {
  bool is_scheduled = false;
  if (call.argv.size() > 1) {
    is_scheduled = call.argv.size() == 2 && engine::equals_ignoring_case(call.argv[1], "schedule");
    if (!is_scheduled) return call.reply.error(engine::errors::kSyntax);
  }
  if (call.node.checkpoint.is_running && !is_scheduled)
    return call.reply.error("ERR Background save already in progress");
  call.requests.saves_in_background = true;
  call.reply.status(call.is_in_exec || call.node.checkpoint.is_running
                        ? "Background saving scheduled"
                        : "Background saving started");
}

void last_save(LocalCall& call) { call.reply.integer(call.node.checkpoint.last_done_ms / 1000); }

// The log needs no rewriting; the nearest thing is a checkpoint, after which its old part goes.
void rewrite_log(LocalCall& call) {
  call.requests.saves_in_background = true;
  call.reply.status(call.is_in_exec || call.node.checkpoint.is_running
                        ? "Background append only file rewriting scheduled"
                        : "Background append only file rewriting started");
}

void shutdown(LocalCall& call) {
  bool has_save = false, has_no_save = false, has_other = false, aborts = false;
  for (const std::string_view word : call.argv.subspan(1)) {
    if (engine::equals_ignoring_case(word, "save") && !has_no_save) {
      has_save = true;
    } else if (engine::equals_ignoring_case(word, "nosave") && !has_save) {
      has_no_save = true;
    } else if (engine::equals_ignoring_case(word, "now") ||
               engine::equals_ignoring_case(word, "force")) {
      has_other = true;
    } else if (engine::equals_ignoring_case(word, "abort")) {
      aborts = true;
    } else {
      return call.reply.error(engine::errors::kSyntax);
    }
  }
  if (aborts && (has_save || has_no_save || has_other))
    return call.reply.error(engine::errors::kSyntax);
  if (aborts) return call.reply.error("ERR No shutdown in progress.");
  // No reply: the connection closes when the process ends.
  call.requests.wants_shutdown = true;
}

constexpr LocalCommand kCommands[] = {{"save", save},
                                      {"bgsave", bgsave},
                                      {"lastsave", last_save},
                                      {"bgrewriteaof", rewrite_log},
                                      {"shutdown", shutdown}};

}  // namespace

std::span<const LocalCommand> persistence_commands() { return kCommands; }

}  // namespace node
