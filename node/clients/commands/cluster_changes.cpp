// CLUSTER MEET, FORGET, FAILOVER and RESET, answered in either dialect at any member
// (docs/decisions/membership.md), and the subcommands that arrange Redis Cluster's slots and
// epochs: what makes sense here, or a clear error.
#include <algorithm>
#include <string>

#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/messages/names.h"
#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr std::int64_t kPortMax = 65535;
constexpr std::int64_t kRaftPortOffset = 10000;
constexpr const char* kOneShard =
    "ERR the one shard of this cluster owns all slots, they cannot be assigned";

bool is(std::string_view word, std::string_view name) {
  return engine::equals_ignoring_case(word, name);
}

// A node that looks like a single Redis and is one. Members of a cluster answer in either dialect.
bool is_standalone(LocalCall& call) {
  const ClusterView& view = call.node.cluster;
  if (call.session.speaks_cluster || view.peers.size() > 1) return false;
  if (!call.node.config.list("raft-peers").empty()) return false;
  call.reply.error("ERR This instance has cluster support disabled");
  return true;
}

// Those answer after a while, which a transaction does not.
bool is_refused_in_exec(LocalCall& call) {
  if (call.is_in_exec) call.reply.error("ERR this cannot be part of a transaction");
  return call.is_in_exec;
}

bool has_too_many(LocalCall& call, std::size_t words_max) {
  if (call.argv.size() <= words_max) return false;
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                   std::string(call.argv[1]) + "'. Try CLUSTER HELP.");
  return true;
}

void meet(LocalCall& call) {
  if (has_too_many(call, 5) || is_refused_in_exec(call)) return;
  const auto port = base::parse_integer(call.argv[3]);
  if (!port)
    return call.reply.error("ERR Invalid TCP base port specified: " + std::string(call.argv[3]));
  const auto raft_port = call.argv.size() > 4 ? base::parse_integer(call.argv[4])
                                              : std::optional(*port + kRaftPortOffset);
  if (!raft_port)
    return call.reply.error("ERR Invalid TCP bus port specified: " + std::string(call.argv[4]));
  const bool is_valid = is_host(call.argv[2]) && *port > 0 && *port <= kPortMax && *raft_port > 0 &&
                        *raft_port <= kPortMax;
  if (!is_valid) {
    return call.reply.error("ERR Invalid node address specified: " + std::string(call.argv[2]) +
                            ":" + std::string(call.argv[3]));
  }
  const bool is_v6 = call.argv[2].find(':') != std::string_view::npos;
  const std::string host =
      is_v6 ? "[" + std::string(call.argv[2]) + "]" : std::string(call.argv[2]);
  call.requests.cluster = MeetNode{host + ":" + std::to_string(*raft_port)};
}

void forget(LocalCall& call) {
  if (is_standalone(call) || is_refused_in_exec(call)) return;
  const auto id = parse_node_name(call.argv[2]);
  if (!id) return call.reply.error("ERR Unknown node " + std::string(call.argv[2]));
  call.requests.cluster = ForgetNode{*id};
}

void failover(LocalCall& call) {
  if (is_standalone(call) || has_too_many(call, 3)) return;
  const bool has_option = call.argv.size() == 3;
  const bool is_forced = has_option && is(call.argv[2], "force");
  const bool is_takeover = has_option && is(call.argv[2], "takeover");
  if (has_option && !is_forced && !is_takeover) return call.reply.error(engine::errors::kSyntax);
  if (is_takeover) {
    return call.reply.error(
        "ERR TAKEOVER would lead without a majority, which could lose acknowledged writes: use "
        "CLUSTER FAILOVER FORCE");
  }
  if (!is_refused_in_exec(call)) call.requests.cluster = TakeOver{is_forced};
}

void reset(LocalCall& call) {
  if (is_standalone(call) || has_too_many(call, 3)) return;
  const bool is_known =
      call.argv.size() < 3 || is(call.argv[2], "hard") || is(call.argv[2], "soft");
  if (!is_known) return call.reply.error(engine::errors::kSyntax);
  if (!is_refused_in_exec(call)) call.requests.cluster = BeginAnew{};
}

bool is_without_cluster(LocalCall& call) {
  if (call.session.speaks_cluster) return false;
  call.reply.error("ERR This instance has cluster support disabled");
  return true;
}

const PeerView* find_peer(LocalCall& call, std::string_view name) {
  const auto id = parse_node_name(name);
  for (const PeerView& peer : call.node.cluster.peers) {
    if (id && peer.id == *id) return &peer;
  }
  call.reply.error("ERR Unknown node " + std::string(name));
  return nullptr;
}

// All follow the leader, and no one else.
void replicate(LocalCall& call) {
  if (is_without_cluster(call)) return;
  const PeerView* peer = find_peer(call, call.argv[2]);
  if (peer == nullptr) return;
  if (peer->is_self) return call.reply.error("ERR Can't replicate myself");
  if (peer->id != call.node.cluster.leader)
    return call.reply.error("ERR I can only replicate a master, not a replica.");
  call.reply.ok();
}

void count_failure_reports(LocalCall& call) {
  if (!is_without_cluster(call) && find_peer(call, call.argv[2]) != nullptr) call.reply.integer(0);
}

void refuse_slots(LocalCall& call) {
  if (!is_without_cluster(call)) call.reply.error(kOneShard);
}

void save_config(LocalCall& call) {
  if (!is_without_cluster(call)) call.reply.ok();
}

void bump_epoch(LocalCall& call) {
  if (!is_without_cluster(call))
    call.reply.status("STILL " + std::to_string(call.node.cluster.term.value()));
}

void set_config_epoch(LocalCall& call) {
  if (is_without_cluster(call)) return;
  if (!base::parse_integer(call.argv[2])) return call.reply.error(engine::errors::kNotInteger);
  call.reply.error("ERR the epoch of this cluster is its term, it cannot be set");
}

constexpr CommandRow kClusterChangesRows[] = {
    row("cluster|addslots", -3, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "3.0.0"}, {.local = refuse_slots}),
    row("cluster|addslotsrange", -4, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "7.0.0"}, {.local = refuse_slots}),
    row("cluster|bumpepoch", 2, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Tells the epoch, which is the term.", "3.0.0", "O(1)"}, {.local = bump_epoch},
        {.tips = "nondeterministic_output"}),
    row("cluster|count-failure-reports", 3, kFlagAdmin | kFlagStale, kNoKeys,
        {"Tells how many nodes say that a node fails: none ever does.", "3.0.0"},
        {.local = count_failure_reports}, {.tips = "nondeterministic_output"}),
    row("cluster|delslots", -3, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "3.0.0"}, {.local = refuse_slots}),
    row("cluster|delslotsrange", -4, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "7.0.0"}, {.local = refuse_slots}),
    row("cluster|failover", -2, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Makes this node the leader.", "3.0.0", "O(1)"}, {.local = failover}),
    row("cluster|flushslots", 2, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "3.0.0", "O(1)"}, {.local = refuse_slots}),
    row("cluster|forget", 3, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Removes a node from the cluster.", "3.0.0", "O(1)"}, {.local = forget}),
    row("cluster|meet", -4, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Adds a node to the cluster.", "3.0.0", "O(1)"}, {.local = meet}),
    row("cluster|replicate", 3, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Answers OK where it is so: all follow the leader.", "3.0.0", "O(1)"},
        {.local = replicate}),
    row("cluster|reset", -2, kFlagAdmin | kFlagNoScript | kFlagStale, kNoKeys,
        {"Lets a removed node begin anew, empty and alone.", "3.0.0"}, {.local = reset}),
    row("cluster|saveconfig", 2, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Answers OK: the members are in the log.", "3.0.0", "O(1)"}, {.local = save_config}),
    row("cluster|set-config-epoch", 3, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the epoch is the term.", "3.0.0", "O(1)"}, {.local = set_config_epoch}),
    row("cluster|setslot", -4, kFlagAdmin | kFlagStale | kFlagNoAsyncLoading, kNoKeys,
        {"Refused: the one shard owns all slots.", "3.0.0", "O(1)"}, {.local = refuse_slots}),
};

}  // namespace

constinit const Family kClusterChangesFamily{"cluster", kClusterChangesRows, kTraitAnyState};

}  // namespace node
