// DEBUG: SLEEP, DIGEST, DIGEST-VALUE, RELOAD, SET-ACTIVE-EXPIRE. Whether it may be used at all the
// dispatcher has judged (enable-debug-command). Never replicated.
#include <array>
#include <cmath>

#include "base/failpoint.h"
#include "base/number.h"
#include "engine/context/context.h"
#include "node/clients/commands/debug_inspect.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

constexpr std::array<std::string_view, 29> kHelp = {
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DIGEST",
    "    A digest of the dataset, equal on all nodes that have applied as much.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    A digest of each key's value.",
    "HTSTATS <database>",
    "    Figures of the tables of a database.",
    "HTSTATS-KEY <key>",
    "    Figures of the table of a value.",
    "LISTPACK <key>",
    "    Whether the value is a listpack.",
    "LOADAOF",
    "    As RELOAD.",
    "OBJECT <key>",
    "    How a value is kept.",
    "PROTOCOL <kind>",
    "    A reply of that kind: string, integer, double, bignum, null, array, set, map, ...",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Accepted and without effect.",
    "RELOAD",
    "    Writes a checkpoint and loads it again.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Whether the leader proposes the deletion of expired keys that nobody touches.",
    "STRINGMATCH-LEN <pattern> <string>",
    "    Whether a string matches a pattern, as KEYS matches.",
    "SLEEP <seconds>",
    "    Stops the service thread for so long. Decimals are allowed.",
    "HELP",
    "    This help.",
};

void sleep_for(LocalCall& call) {
  const double seconds = base::parse_double(call.argv[2]).value_or(0);
  constexpr double kSecondsMax = 86'400;
  if (seconds > 0)
    call.requests.sleep =
        base::Duration(static_cast<std::int64_t>(std::fmin(seconds, kSecondsMax) * 1e6));
  if (call.requests.sleep.count() == 0 || call.is_in_exec) call.reply.ok();
}

void digest_values(LocalCall& call) {
  call.reply.array(call.argv.size() - 2);
  for (const std::string_view key : call.argv.subspan(2))
    call.reply.status(call.node.engine.value_digest(call.session.modes.database, key));
}

void reload(LocalCall& call) {
  for (const std::string_view option : call.argv.subspan(2)) {
    const bool is_known = equals_ignoring_case(option, "merge") ||
                          equals_ignoring_case(option, "noflush") ||
                          equals_ignoring_case(option, "nosave");
    if (!is_known)
      return call.reply.error(
          "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  }
  if (call.is_in_exec) return call.reply.error("ERR DEBUG RELOAD is not allowed in a transaction");
  call.requests.reloads = true;
}

void help(LocalCall& call) {
  call.reply.array(kHelp.size());
  for (const std::string_view text : kHelp) call.reply.status(text);
}

// FAILPOINT NAME[:N], only where there are any: a process dies there at the N-th pass from now on.
#ifdef QUORATE_FAILPOINTS
bool arm(LocalCall& call) {
  if (!equals_ignoring_case(call.argv[1], "failpoint") || call.argv.size() != 3) return false;
  base::arm_failpoint(call.argv[2]) ? call.reply.ok() : call.reply.error("ERR no such failpoint");
  return true;
}
#else
bool arm(LocalCall&) { return false; }
#endif

void debug(LocalCall& call) {
  const std::string_view what = call.argv[1];
  const std::size_t count = call.argv.size();
  if (equals_ignoring_case(what, "sleep") && count == 3) return sleep_for(call);
  if (what.size() >= 6 && equals_ignoring_case(what.substr(0, 6), "digest") &&
      call.node.loading.is_loading)
    return call.reply.error("LOADING Redis is loading the dataset in memory");
  if (equals_ignoring_case(what, "digest") && count == 2)
    return call.reply.status(call.node.engine.dataset_digest());
  if (equals_ignoring_case(what, "digest-value") && count >= 2) return digest_values(call);
  if (equals_ignoring_case(what, "reload")) return reload(call);
  if (equals_ignoring_case(what, "set-active-expire") && count == 3) {
    call.requests.active_expiry = base::parse_integer(call.argv[2]).value_or(0) != 0;
    return call.reply.ok();
  }
  // There is no AOF to load; the nearest thing is what RELOAD does.
  if (equals_ignoring_case(what, "loadaof") && count == 2) return reload(call);
  if (equals_ignoring_case(what, "help") && count == 2) return help(call);
  if (inspect(call) || arm(call)) return;
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                   std::string(what.substr(0, 128)) + "'. Try DEBUG HELP.");
}

constexpr CommandRow kDebugRows[] = {
    row("debug", -2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Tools for testing the server.", "1.0.0"}, {.local = debug}, {.traits = kTraitDebug}),
};

}  // namespace

constinit const Family kDebugFamily{"server", kDebugRows};

}  // namespace node
