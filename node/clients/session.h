// One client connection: what it said so far, what it is owed (operations), what waits to be sent,
// and its modes. Each part keeps its own rule in a file of its own; this is what holds them
// together, with the few rules that need more than one. The chapters of this room move it. Thread:
// service.
#pragma once

#include <cstdint>
#include <utility>

#include "base/ids.h"
#include "base/time.h"
#include "node/clients/connect_info.h"
#include "node/clients/maintenance/mode.h"
#include "node/clients/multi_state.h"
#include "node/clients/operation.h"
#include "node/clients/pubsub/subscriber.h"
#include "node/clients/session_input.h"
#include "node/clients/session_modes.h"
#include "node/clients/session_output.h"
#include "node/clients/session_parsing.h"
#include "node/clients/tracking/mode.h"

namespace node {

// Unanswered commands of one session whose replies have no small bound and may have to be made
// although its output is full, because a write stands behind them
// (docs/decisions/output-is-bounded.md).
inline constexpr std::size_t kLargeRepliesMax = 256;

struct Session : Addressee {
  Session(base::ConnectionId connection, ConnectInfo connect_info, base::Instant now)
      : id(connection), info(std::move(connect_info)), created(now), last_active(now) {}

  const base::ConnectionId id;
  const ConnectInfo info;
  const base::Instant created;
  base::Instant last_active;

  // Of its door: the dialect of Redis Cluster, or that of one Redis alone. What is not this node's
  // to answer is forwarded where the latter holds (`forward`), else refused.
  bool speaks_cluster = true, is_forwarded = false;
  // A follower answers its reads by the leader's read index, and sends none away.
  [[nodiscard]] bool may_follow() const { return is_forwarded || modes.reads.may_follow(); }

  SessionModes modes;
  TrackingMode tracking;
  MaintenanceMode maintenance;
  Subscriber subscriber;
  // In RESP2 it may then say little else (Redis 7.0).
  [[nodiscard]] bool is_listening() const {
    return modes.version == 2 && subscriber.is_subscribed();
  }

  MultiState multi;
  bool has_watch = false;  // a kWatch element of this connection is in the log or on its way

  SessionInput input;
  SessionParsing parsing;

  // ---- operations ----
  OperationRing operations;
  // It stands in the list of those whose front operation waits for evidence.
  bool is_listed_as_reader = false;
  std::size_t elements_under_way = 0;  // of batches that name this session
  bool is_gone = false;                // disconnected; kept until no batch names it
  base::LogIndex last_write;           // its newest write that was applied, for WAIT

  SessionOutput output;

  const engine::CommandSpec* last_command = nullptr;  // for CLIENT LIST

  // It waits for something that others have to bring.
  [[nodiscard]] bool is_blocked() const {
    return !operations.empty() && operations.front().is_blocked;
  }

  [[nodiscard]] bool is_blocked_reader() const {
    return is_blocked() && operations.front().kind == OperationKind::kRead;
  }
  // No write may be put behind what it has waiting.
  [[nodiscard]] bool owes_too_much() const {
    return operations.large_replies() >= kLargeRepliesMax;
  }

  // RESET: as if just connected, authentication included if a password is set.
  void reset_modes();
};

// What CLIENT ID says: the node in the high bits (DESIGN decision 5), exact as a double.
[[nodiscard]] std::int64_t client_id(base::NodeId node, base::ConnectionId connection);

}  // namespace node
