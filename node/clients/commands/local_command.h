// Local commands: those that a node answers by itself (engine::Scope::kLocal). Each family is one
// file here that ends in its rows; registry.h names the families. A function reads argv and the
// node's facilities, writes exactly one reply, and asks for anything that takes time or belongs to
// the driver through `requests`.
//
// A local command is a barrier of its session: it runs when everything the connection sent before
// has been answered. One with kTraitImmediate (it looks at nothing but its session's modes and
// the configuration) runs when parsed; its reply takes its place in the session's order. Inside
// EXEC it runs at its place while the transaction is applied; then `is_in_exec` is set and requests
// that would block (WAIT, SAVE) answer at once as Redis does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/command/command.h"
#include "engine/engine.h"
#include "node/clients/accounts.h"
#include "node/clients/pubsub/broker.h"
#include "node/clients/service_options.h"
#include "node/clients/session_table.h"
#include "node/clients/statistics.h"
#include "node/clients/tracking/tracking.h"
#include "node/config/config.h"
#include "node/messages/messages.h"
#include "node/replica/status.h"
#include "resp/reply_writer.h"

namespace node {

// What a local command may see and touch of its node. References live as long as the call.
struct Facilities {
  const ServiceOptions& options;
  Config& config;
  const base::Clocks& clocks;
  base::UnixMillis log_now_ms = 0;  // the log clock
  const engine::Engine& engine;
  SessionTable& sessions;
  Broker& broker;  // of the session's door
  Tracking& tracking;
  Statistics& statistics;
  Monitoring& monitoring;
  Accounts& accounts;
  ClientPause& pause;
  const ProcessFacts& process;
  const ClusterView& cluster;  // the last known
  const Leadership& leadership;
  base::Duration leaderless_for{};  // zero while a leader is known
  const CheckpointStatus& checkpoint;
  const LoadingStatus& loading;
  const MemoryShortage& shortage;
  LogIndex applied;
  std::vector<LogLine>& lines;
};

// What the allocator says is allocated; where it is not known, the state, and what was of it and
// waits to be freed.
[[nodiscard]] inline std::uint64_t used_bytes(const Facilities& node) {
  const std::uint64_t allocated = node.process.allocated_bytes;
  return allocated != 0 ? allocated : node.engine.memory_bytes() + node.engine.buried_bytes();
}

// What the machine does after the function has returned.
struct LocalRequests {
  std::vector<base::ConnectionId> kills;  // CLIENT KILL; the caller itself: after its reply
  struct Unblock {
    base::ConnectionId connection;
    bool with_error = false;
  };
  std::optional<Unblock> unblock;  // CLIENT UNBLOCK
  bool turns_replies_on = false;   // CLIENT REPLY ON: this reply is the first that is seen
  bool is_push = false;            // what was written is no reply: it is seen in any case
  bool closes = false;             // close this connection behind its reply
  bool wants_shutdown = false;
  std::optional<std::string>
      config_rewrite;              // reply deferred until on_config_rewritten: write none
  bool resets_statistics = false;  // the engine's (the node's own the function resets itself)
  // Replicated settings to propose (CONFIG SET), and those of this node that come with them: the
  // reply written is held back until the last is applied; an error instead if the node is not the
  // leader.
  std::vector<Config::Change> settings, own_settings;
  // Below: used by commands/connection.cpp, debug.cpp and persistence.cpp.
  base::Duration sleep{};
  bool monitors = false;   // MONITOR
  bool unwatches = false;  // RESET and its like: forget this connection's watches in the log
  struct Wait {
    std::int64_t replicas = 0;
    std::int64_t timeout_ms = 0;
    bool is_log = false;  // WAITAOF: the reply has this node's own log too
  };
  std::optional<Wait> wait;  // no reply written
  bool saves = false;        // SAVE: no reply written
  bool saves_in_background = false;
  bool reloads = false;  // DEBUG RELOAD: no reply written
  std::optional<bool> active_expiry;
  bool saves_users = false, loads_users = false;          // ACL SAVE, ACL LOAD: no reply written
  std::optional<decltype(ClusterRequest::what)> cluster;  // CLUSTER MEET ...: no reply written
};

}  // namespace node

// What the engine only names (engine/command/command.h).
struct engine::LocalCall {
  engine::Arguments argv;
  const engine::CommandSpec& spec;  // of the subcommand if there is one
  node::Session& session;
  node::Facilities& node;
  resp::ReplyWriter& reply;
  node::LocalRequests& requests;
  bool is_in_exec = false;
  bool is_in_log = false;  // an EXEC that is applied: all nodes do
};

namespace node {

using engine::LocalCall;

// What a CONFIG SET would change; the error's detail is the reply without "ERR ".
[[nodiscard]] base::Result<std::vector<Config::Change>> config_changes(const Config& config,
                                                                       engine::Arguments argv);

// Followers whose log holds the entry durably, as far as known.
[[nodiscard]] std::int64_t durable_replicas(const ClusterView& cluster, LogIndex index,
                                            bool is_leader);

}  // namespace node
