// SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, SHUTDOWN: Redis's names for checkpoints and for stopping.
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

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

constexpr CommandRow kPersistenceRows[] = {
    row("bgrewriteaof", 1, kFlagAdmin | kFlagNoScript | kFlagNoAsyncLoading, kNoKeys,
        {"Begins a checkpoint, after which the log's old part goes.", "1.0.0", "O(1)"},
        {.local = rewrite_log}),
    row("bgsave", -1, kFlagAdmin | kFlagNoScript | kFlagNoAsyncLoading, kNoKeys,
        {"Begins a checkpoint.", "1.0.0", "O(1)"}, {.local = bgsave}),
    row("lastsave", 1, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Tells the time of the last checkpoint.", "1.0.0", "O(1)"}, {.local = last_save},
        {.acl = kAclAdmin | kAclDangerous, .tips = "nondeterministic_output"}),
    row("save", 1, kFlagAdmin | kFlagNoScript | kFlagNoAsyncLoading | kFlagNoMulti, kNoKeys,
        {"Makes a checkpoint and waits for it.", "1.0.0"}, {.local = save}),
    row("shutdown", -1,
        kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale | kFlagNoMulti | kFlagAllowBusy,
        kNoKeys, {"Ends the server.", "1.0.0"}, {.local = shutdown}),
};

}  // namespace

constinit const Family kPersistenceFamily{"server", kPersistenceRows};

}  // namespace node
