// The inside of node::Consensus. It keeps what has come in order until the turn; then the links'
// events, the messages and the clock go through the chapters, in the order that turn() says, and
// what follows from it goes out at once. Each chapter guards a state of its own; the machine knows
// which input is for which.
#pragma once

#include <variant>
#include <vector>

#include "node/consensus/birth.h"
#include "node/consensus/cluster_changes.h"
#include "node/consensus/consensus.h"
#include "node/consensus/forwarding.h"
#include "node/consensus/founding_write.h"
#include "node/consensus/groups.h"
#include "node/consensus/outgoing.h"
#include "node/consensus/own_membership.h"
#include "node/consensus/progress_watch.h"
#include "node/consensus/promise_exchange.h"
#include "node/consensus/pubsub_relay.h"
#include "node/consensus/service_hints.h"
#include "node/consensus/view.h"
#include "node/peers/links.h"

namespace node {

class Consensus::Machine {
 public:
  explicit Machine(ConsensusOptions options);

  PeerLinks& links() { return links_; }
  using Inbound = std::variant<ToConsensus, FromLog, FromState>;
  void receive(Inbound message) { inbox_.push_back(std::move(message)); }
  void on_service_activity(const ServiceActivity& activity) { activity_ = activity; }
  [[nodiscard]] ConsensusOutput turn(base::Instant now);
  [[nodiscard]] const Groups& groups() const { return groups_; }

 private:
  // ---- what has come; machine_inbox.cpp ----
  void take_link_events();
  void on_connected(const Hello& hello);
  void on_disconnected(const PeerDisconnected& event);
  void on_old_copy(const OldCopyTold& event);
  void on_said(PeerSaid& event);
  void on_raft_message(NodeId from, WireMessage& said);
  void take_inbox();
  void take(ToConsensus& message);
  void take(FromLog& message);
  void take(FromState& message);
  [[nodiscard]] bool take_for_node(ToConsensus& message);  // false: it is for a group
  [[nodiscard]] bool take_for_members(ToConsensus& message, const Group& group);
  void announce(const Announcement& announcement);

  // ---- what follows from it ----
  void dial_first();
  void advance_birth(ConsensusOutput& out);
  void start_group();
  void watch_service(ConsensusOutput& out);
  void finish_groups(ConsensusOutput& out);
  void follow_committed();
  void leave_cluster(std::string why, const std::string& why_not_orders);
  void look_around();
  void finish_meetings(ConsensusOutput& out);
  void update_view(ConsensusOutput& out);

  ConsensusOptions options_;
  base::Instant now_{};
  std::vector<Inbound> inbox_;
  ServiceActivity activity_;

  Outgoing outgoing_;
  PeerLinks links_;
  Birth birth_;
  FoundingWrite founding_;
  Groups groups_;
  OwnMembership own_;
  PromiseExchange promises_;
  ClusterChanges changes_;
  Forwarding forwarding_;
  ServiceHints hints_;
  PubsubRelay pubsub_;
  ServiceWatch service_watch_;
  ViewTeller view_;
  ProgressWatch progress_;
};

}  // namespace node
