// FAILOVER, REPLICAOF and SLAVEOF are about replicas as Redis has them. A node has none and is
// none: it answers as a Redis does that has no replicas and cannot become one.
#include "base/number.h"
#include "engine/command/arguments.h"
#include "engine/command/errors.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

constexpr std::string_view kFailoverInCluster =
    "ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.";
constexpr std::string_view kReplicaOfInCluster = "ERR REPLICAOF not allowed in cluster mode.";
constexpr std::string_view kNoReplicaOf =
    "ERR a node follows the leader of its cluster and nobody else: CLUSTER MEET joins nodes";

// How many words the option at `at` takes; 0: it is none, or lacks some.
std::size_t option_words(engine::Arguments argv, std::size_t at) {
  const std::size_t left = argv.size() - at;
  if (equals_ignoring_case(argv[at], "timeout")) return left >= 2 ? 2 : 0;
  if (equals_ignoring_case(argv[at], "to")) return left >= 3 ? 3 : 0;
  const bool is_word =
      equals_ignoring_case(argv[at], "abort") || equals_ignoring_case(argv[at], "force");
  return is_word ? 1 : 0;
}

// The port behind TO, the time behind TIMEOUT; false: the error is written.
bool is_number(LocalCall& call, std::size_t at) {
  const auto number = base::parse_integer(call.argv[at]);
  if (!number) return call.reply.error(engine::errors::kNotInteger), false;
  const bool is_time = equals_ignoring_case(call.argv[at - 1], "timeout");
  if (is_time && *number <= 0)
    return call.reply.error("ERR FAILOVER timeout must be greater than 0"), false;
  return true;
}

void failover(LocalCall& call) {
  if (call.node.config.flag("cluster-enabled")) return call.reply.error(kFailoverInCluster);
  bool is_abort = false;
  for (std::size_t i = 1; i < call.argv.size();) {
    const std::size_t words = option_words(call.argv, i);
    is_abort |= equals_ignoring_case(call.argv[i], "abort");
    if (words == 0 || (is_abort && call.argv.size() > 2))
      return call.reply.error(engine::errors::kSyntax);
    if (words > 1 && !is_number(call, i + words - 1)) return;
    i += words;
  }
  call.reply.error(is_abort ? "ERR No failover in progress."
                            : "ERR FAILOVER requires connected replicas.");
}

void replica_of(LocalCall& call) {
  if (call.node.config.flag("cluster-enabled")) return call.reply.error(kReplicaOfInCluster);
  const bool is_nobody =
      equals_ignoring_case(call.argv[1], "no") && equals_ignoring_case(call.argv[2], "one");
  if (is_nobody) return call.reply.ok();
  const auto port = base::parse_integer(call.argv[2]);
  const bool is_port = port && *port >= 0 && *port <= 65535;
  call.reply.error(is_port ? kNoReplicaOf : "ERR Invalid master port");
}

constexpr std::uint32_t kFlags = kFlagAdmin | kFlagNoScript | kFlagStale;

constexpr CommandRow kNoReplicasRows[] = {
    row("failover", -1, kFlags, kNoKeys,
        {"Hands over to a replica: CLUSTER FAILOVER does so here.", "6.2.0", "O(1)"},
        {.local = failover}),
    row("replicaof", 3, kFlags | kFlagNoAsyncLoading, kNoKeys,
        {"Makes the server a replica: not here.", "5.0.0", "O(1)"}, {.local = replica_of}),
    row("slaveof", 3, kFlags | kFlagNoAsyncLoading, kNoKeys,
        {"The old name of REPLICAOF.", "1.0.0", "O(1)"}, {.local = replica_of}),
};

}  // namespace

constinit const Family kNoReplicasFamily{"server", kNoReplicasRows};

}  // namespace node
