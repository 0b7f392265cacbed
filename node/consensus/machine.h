// The inside of node::Consensus: what has come is kept in order until the turn; then the links'
// events, the messages and the clock go through birth and the groups, and what follows from it goes
// out at once.
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "node/consensus/birth.h"
#include "node/consensus/consensus.h"
#include "node/consensus/group.h"
#include "node/consensus/meetings.h"
#include "node/consensus/order_book.h"
#include "node/consensus/pubsub_relay.h"
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
  [[nodiscard]] const raft::Raft* group(GroupId id) const;

 private:
  void take_link_events();
  void on(const AddressAnswered& event) {
    birth_.discovery().on_answer(event.address, event.hello);
  }
  void on(const AddressLost& event) { birth_.discovery().on_lost(event.address); }
  void on(const AddressTaken& event) { birth_.discovery().on_taken(event.address, event.proof); }
  void on(const PeerConnected& event);
  void on(const PeerDisconnected& event);
  void on(PeerSaid& event);
  void on(const RemovalTold& event);
  void on(const OldCopyTold& event);
  void on(const VisitBegun& event) { meetings_.on(event); }
  void on(const VisitSaid& event) { meetings_.on(event); }
  void on(const VisitEnded& event) { meetings_.on(event); }
  void on_uses(WireMessage& said);
  void on_raft_message(NodeId from, WireMessage& said);
  void take_inbox();
  void take(ToConsensus& message);
  void tell_members(WireKind kind, GroupId group, std::string_view what);
  void take(FromLog& message);
  void take(FromState& message);
  void advance_birth(ConsensusOutput& out);
  void write_founding(const raft::Membership& membership, ConsensusOutput& out);
  void start_group(ConsensusOutput& out);
  void follow_membership(const raft::Membership& membership);
  void watch_service(ConsensusOutput& out);
  void finish_groups(ConsensusOutput& out);
  void update_view(ConsensusOutput& out);
  [[nodiscard]] ClusterView make_view() const;
  void watch_progress(const WatchProgress& message);
  void tell_progress(ConsensusOutput& out);
  [[nodiscard]] PeerView view_of(const raft::Member& member) const;
  void refuse_unborn(ToConsensus& message);

  // ---- pubsub.cpp ----
  void on_pubsub(NodeId from, WireMessage& said);
  void tell_pubsub(const TellPubsub& message);
  void finish_pubsub();

  // ---- forwarding.cpp ----
  void forward(ForwardBatch& message);
  void on_forwarded(NodeId from, WireMessage& said);
  void answer_forward(const AnswerForward& message);
  void answer_taken(GroupId id, const std::vector<GuestBatch>& batches);
  void put_off(FromConsensus message);
  void tell_put_off(ConsensusOutput& out);
  void on_forward_answer(NodeId from, const WireMessage& said);

  // ---- consensus_membership.cpp ----
  [[nodiscard]] bool take_for_node(ToConsensus& message);  // false: it is for a group
  void take(const ClusterRequest& request);
  void begin_take_over(std::uint64_t request, bool is_forced);
  void begin_anew(std::uint64_t request);
  void answer(std::uint64_t request, std::string error);
  void look_around();
  void carry_out_orders();
  void take_order_outcome(const OrderBook::Output::Done& done);
  void advance_take_over();
  void correct_addresses();
  void replace(const raft::Member& lost, NodeId stranger);
  void follow_committed();
  void leave_cluster();
  void finish_membership(ConsensusOutput& out);
  [[nodiscard]] Group* only_group();
  [[nodiscard]] Belonging place() const;
  [[nodiscard]] MeetingFacts meeting_facts() const;
  // ---- consensus_promises.cpp ----
  void keep_promises(ConsensusOutput& out);
  void tell_promise(const Promise& promise, ConsensusOutput& out);
  void remember_promises(ConsensusOutput& out);
  void on_promised(NodeId from, const Promise& promise);

  ConsensusOptions options_;
  base::Instant now_{};
  Birth birth_;
  PeerLinks links_;
  PubsubRelay pubsub_;
  std::map<GroupId, Group> groups_;
  std::vector<Inbound> inbox_;
  std::vector<FromConsensus> for_service_;  // refusals before birth, uses of keys
  std::vector<FromConsensus> put_off_;      // until there is something else for the service
  base::Instant put_off_until_{};
  std::uint64_t founding_sequence_ =
      0;  // the append that holds the founding membership; 0: none under way
  std::optional<raft::Membership> followed_;  // as the links know it
  bool follows_born_ = false;                 // and whether this node was born then

  ServiceWatch service_watch_;
  ServiceActivity activity_;
  bool may_lead_ = true;  // as the groups know it

  OrderBook orders_;
  Meetings meetings_;
  std::map<std::uint64_t, std::uint64_t> requests_of_orders_;  // order number -> FORGET's request
  struct Taking {                                              // CLUSTER FAILOVER under way
    std::uint64_t request = 0, order = 0;
    bool is_forced = false;
    base::Instant deadline{}, stands{};  // FORCE: when it stands for election (again)
    std::string refusal;
  };
  std::optional<Taking> taking_;
  std::map<NodeId, std::uint64_t> address_orders_;
  base::Instant addresses_due_{};
  Promise told_promise_;
  bool must_tell_promise_ = false;
  base::Instant tell_due_{}, remembered_{};
  std::optional<std::string> old_copy_;
  std::optional<LogIndex> own_version_;    // see Hello::version
  std::optional<LogIndex> removed_since_;  // a committed membership that this node is not in
  bool is_removed_ = false, has_looked_ = false;
  base::ClusterId former_cluster_;
  LogIndex followed_version_;
  std::optional<LogIndex> told_version_;  // of the newest membership in the log with this node
  Holding found_;                         // in this directory, at the start
  std::optional<persistence::Identity> identity_to_write_;
  bool must_restart_ = false, is_touched_ = false;
  std::vector<LogLine> for_lines_;
  base::Prng prng_;

  ClusterView view_;
  bool is_view_stale_ = true, is_view_urgent_ = true, has_sent_view_ = false;
  base::Instant next_view_{}, next_full_view_{};
  std::optional<WatchProgress> watched_progress_;
  Progress told_progress_;
};

// What clients of a removed node are told.
[[nodiscard]] std::string why_removed(base::ClusterId cluster);

}  // namespace node
