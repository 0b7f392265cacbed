// SLOWLOG GET, LEN, RESET.
#include <algorithm>

#include "base/number.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

constexpr std::int64_t kEntriesByDefault = 10;

void get(LocalCall& call) {
  if (call.argv.size() > 3) {
    return call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                            std::string(call.argv[1]) + "'. Try SLOWLOG HELP.");
  }
  std::int64_t wanted = kEntriesByDefault;
  if (call.argv.size() == 3) {
    const auto number = base::parse_integer(call.argv[2]);
    if (!number || *number < -1)
      return call.reply.error("ERR count should be greater than or equal to -1");
    wanted = *number;
  }
  const auto& entries = call.node.monitoring.slow_log.entries();
  const std::size_t count =
      wanted < 0 ? entries.size() : std::min(entries.size(), static_cast<std::size_t>(wanted));
  call.reply.array(count);
  for (std::size_t i = 0; i < count; ++i) {
    const SlowLog::Entry& entry = entries[i];
    call.reply.array(6);
    call.reply.integer(static_cast<std::int64_t>(entry.id));
    call.reply.integer(entry.time_s);
    call.reply.integer(entry.duration_us);
    call.reply.array(entry.words.size());
    for (const std::string& word : entry.words) call.reply.bulk(word);
    call.reply.bulk(entry.address);
    call.reply.bulk(entry.name);
  }
}

void length(LocalCall& call) {
  call.reply.integer(static_cast<std::int64_t>(call.node.monitoring.slow_log.entries().size()));
}

void reset(LocalCall& call) {
  call.node.monitoring.slow_log.reset();
  call.reply.ok();
}

constexpr CommandRow kSlowlogRows[] = {
    row("slowlog", -2, 0, kNoKeys, {"Commands on slow commands.", "2.2.12"}),
    row("slowlog|get", -2, kFlagAdmin | kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the last slow commands.", "2.2.12"}, {.local = get},
        {.tips = "request_policy:all_nodes nondeterministic_output"}),
    row("slowlog|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "6.2.0", "O(1)"}, {.local = write_help}),
    row("slowlog|len", 2, kFlagAdmin | kFlagLoading | kFlagStale, kNoKeys,
        {"Counts the slow commands kept.", "2.2.12", "O(1)"}, {.local = length},
        {.tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"}),
    row("slowlog|reset", 2, kFlagAdmin | kFlagLoading | kFlagStale, kNoKeys,
        {"Forgets the slow commands.", "2.2.12"}, {.local = reset},
        {.tips = "request_policy:all_nodes response_policy:all_succeeded"}),
};

}  // namespace

constinit const Family kSlowlogFamily{"server", kSlowlogRows};

}  // namespace node
