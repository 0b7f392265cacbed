// The inside of node::Consensus: what has come is kept in order until the turn; then the links'
// events, the messages and the clock go through birth and the groups, and what follows from it goes
// out at once.
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "node/birth.h"
#include "node/consensus.h"
#include "node/group.h"
#include "node/peer_links.h"

namespace node {

class Consensus::Machine {
 public:
  explicit Machine(ConsensusOptions options);

  PeerLinks& links() { return links_; }
  using Inbound = std::variant<ToConsensus, FromLog, FromState>;
  void receive(Inbound message) { inbox_.push_back(std::move(message)); }
  [[nodiscard]] ConsensusOutput turn(base::Instant now);
  [[nodiscard]] const raft::Raft* group(GroupId id) const;

 private:
  void take_link_events();
  void on(const AddressAnswered& event) { birth_.on_answer(event.address, event.hello); }
  void on(const AddressLost& event) { birth_.on_lost(event.address); }
  void on(const PeerConnected& event);
  void on(const PeerDisconnected& event);
  void on(PeerSaid& event);
  void on_uses(WireMessage& said);
  void on_raft_message(NodeId from, WireMessage& said);
  void take_inbox();
  void take(ToConsensus& message);
  void tell_uses(const TellUses& message);
  void take(FromLog& message);
  void take(FromState& message);
  void advance_birth(ConsensusOutput& out);
  void write_founding(const raft::Membership& membership, ConsensusOutput& out);
  void start_group(ConsensusOutput& out);
  void follow_membership(const raft::Membership& membership);
  void finish_groups(ConsensusOutput& out);
  void update_view(ConsensusOutput& out);
  [[nodiscard]] ClusterView make_view() const;
  [[nodiscard]] PeerView view_of(const raft::Member& member) const;
  void refuse_unborn(const ToConsensus& message);

  ConsensusOptions options_;
  base::Instant now_{};
  Birth birth_;
  PeerLinks links_;
  std::map<GroupId, Group> groups_;
  std::vector<Inbound> inbox_;
  std::vector<FromConsensus> for_service_;  // refusals before birth, uses of keys
  std::uint64_t founding_sequence_ =
      0;  // the append that holds the founding membership; 0: none under way
  std::optional<raft::Membership> followed_;  // as the links know it

  ClusterView view_;
  bool is_view_stale_ = true, is_view_urgent_ = true, has_sent_view_ = false;
  base::Instant next_view_{}, next_full_view_{};
};

}  // namespace node
