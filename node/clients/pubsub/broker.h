// Pub/sub of one node (DESIGN decision 22). A message that a client publishes goes to this node's
// subscribers at once and, at the end of the turn, to the other nodes with all that were published
// in it; one that the log brings (PUBLISH in an EXEC or a script) goes to this node's alone, for
// the others apply it themselves. Nothing here waits for anybody. Invariants: each message comes to
// each session once at most, and in the order in which its publisher's connection sent it. Thread:
// service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/elements/effects.h"
#include "node/clients/pubsub/elsewhere.h"
#include "node/clients/pubsub/incoming.h"
#include "node/clients/pubsub/subscriptions.h"
#include "node/clients/pubsub/wire.h"
#include "node/messages/messages.h"

namespace node {

// Where texts to subscribers go. Called between replies, never while one is being written.
class PushOutlet {
 public:
  virtual ~PushOutlet() = default;
  virtual void push(Session& session, std::string_view text) = 0;
};

class Broker {
 public:
  // `outlet` outlives this; `epoch` names this run of the node.
  Broker(PushOutlet& outlet, std::uint64_t epoch) : outlet_(outlet), epoch_(epoch) {}

  [[nodiscard]] Subscriptions& subscriptions() { return subscriptions_; }
  [[nodiscard]] const Subscriptions& subscriptions() const { return subscriptions_; }
  [[nodiscard]] const Elsewhere& elsewhere() const { return elsewhere_; }

  // ---- messages ----
  // By a client of this node; returns how many get it, on all nodes.
  std::uint64_t publish(bool is_shard, std::string_view channel, std::string_view message);
  // To the subscribers of this node alone; returns how many get it.
  std::uint64_t deliver(bool is_shard, std::string_view channel, std::string_view message);
  // What an element of the log brought, applied at `index`.
  void deliver(const std::vector<engine::PublishedMessage>& messages, LogIndex index);
  [[nodiscard]] std::uint64_t receivers(bool is_shard, std::string_view channel) const;

  // ---- other nodes ----
  // Whether there are any; without them nothing is written for them.
  void set_has_peers(bool has_peers) { has_peers_ = has_peers; }
  void on(const PubsubTold& told, LogIndex applied);
  void on(const PubsubLinked& linked);
  void on(const PubsubLost& lost);
  void on_applied(LogIndex applied);
  // At the end of a turn: what the others are to be told.
  void tell(std::vector<ToConsensus>& out);

  // ---- since the start ----
  // Published elsewhere and not seen here; published here and not sent to a node.
  [[nodiscard]] std::uint64_t missed() const { return incoming_.missed(); }
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }

 private:
  void deliver_all(const PublishedBatch& batch);
  void seal(std::vector<ToConsensus>& out);
  void tell_counts(std::vector<ToConsensus>& out);
  void tell_all(NodeId to, std::vector<ToConsensus>& out);

  PushOutlet& outlet_;
  std::uint64_t epoch_;
  Subscriptions subscriptions_;
  Elsewhere elsewhere_;
  Incoming incoming_;
  PublishedWriter writer_;
  std::vector<ToConsensus> sealed_;  // batches of this turn that were full
  std::vector<NodeId> newly_linked_;
  std::uint64_t next_ = 1;  // number of the next message for other nodes
  LogIndex after_;          // of the last entry of the log that brought messages
  bool has_peers_ = false;
  std::uint64_t unsent_ = 0;
  std::size_t taken_bytes_ = 0;  // of what was told here, and not said so yet
};

}  // namespace node
