// All peer links of this node (DESIGN decision 16): it dials every target and accepts whoever dials
// it; each link begins with a hello in both directions, and strangers are refused with a line in
// the log. Messages to a peer leave on the link this node dialled, else on one the peer dialled. A
// link that is silent, that brings bytes which are no frames, or that is refused, is closed;
// targets are dialled again with bounded, jittered backoff. This class is the face of the chapters
// that do it: it says only in which order they come.
//
// Who is who: a node's identity is its id; its epoch names one run of its process. Two live links
// with one id and different epochs are two processes with one identity: the second is refused by
// name while the first is alive. Thread: consensus.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/messages/consensus_output.h"
#include "node/peers/dial_plan.h"
#include "node/peers/dismissals.h"
#include "node/peers/events.h"
#include "node/peers/handshake.h"
#include "node/peers/known_peers.h"
#include "node/peers/link_input.h"
#include "node/peers/link_output.h"
#include "node/peers/link_table.h"
#include "node/peers/membership.h"
#include "node/peers/own_hello.h"
#include "node/peers/visits.h"

namespace node {

class PeerLinks {
 public:
  struct Options {
    NodeId self;
    std::uint64_t epoch = 0;
    std::uint64_t seed = 0;
    Announcement announcement;
    bool wants_vote = true;  // raft-voter
  };
  using Target = DialTarget;
  using PeerInfo = node::PeerInfo;
  explicit PeerLinks(const Options& options);
  PeerLinks(const PeerLinks&) = delete;
  PeerLinks& operator=(const PeerLinks&) = delete;

  // ---- of the driver; take effect in the next turn ----
  void on_up(LinkId link, std::string_view remote_address) { input_.on_up(link, remote_address); }
  void on_bytes(LinkId link, std::string_view bytes) { input_.on_bytes(link, bytes); }
  void on_down(LinkId link, std::string_view reason) { input_.on_down(link, reason); }
  void on_sent(LinkId link, std::size_t unsent_bytes);

  // ---- what hellos say and whom to dial ----
  // `newcomers`: members that may not know the cluster yet.
  void set_cluster(base::ClusterId cluster, std::set<NodeId> members, std::set<NodeId> newcomers) {
    membership_.set_cluster(cluster, std::move(members), std::move(newcomers));
  }
  // What is known as committed: who is no member any more is told so, on links that stand too.
  // `own_version`: see Hello::version.
  void set_committed(const raft::Membership& membership, std::optional<LogIndex> own_version) {
    dismissals_.on_committed(membership, own_version);
  }
  // This node is no peer of anybody (any more): it takes visits only.
  void leave() { dismissals_.leave(); }
  // Peers are told.
  void set_announcement(const Announcement& announcement);
  void set_birth_status(BirthStatus status) { own_hello_.set_birth_status(std::move(status)); }
  void set_holding(const Holding& holding) { own_hello_.set_holding(holding); }
  // Of the members: who comes back and does not hold its own is told so, and refused.
  [[nodiscard]] Promises& promises() { return promises_; }
  void set_targets(const std::vector<Target>& targets) { links_.set_targets(targets); }

  // What has come since the last call, in order.
  [[nodiscard]] std::vector<PeerEvent> take_events(base::Instant now);
  // False if no link to it stands; the message is dropped.
  bool send(NodeId to, WireKind kind, std::string body);
  bool send(raft::Message message);
  // False if no link to it stands, or too much waits there: the message is dropped.
  [[nodiscard]] bool send_beside(NodeId to, WireKind kind, std::string body);
  [[nodiscard]] bool has_room_for_pubsub(NodeId peer) const;
  // A peer said something that no peer says: closes its links.
  void close_peer(NodeId peer, const std::string& why);
  // A visit: VisitBegun or VisitEnded follows, and what the other end says.
  [[nodiscard]] LinkId visit(const std::string& address) { return visits_.begin(address); }
  // Dropped if the visit is over.
  void say(LinkId visit, WireKind kind, std::string body) {
    visits_.say(visit, kind, std::move(body));
  }
  // After what was said has left. `why` empty: no line.
  void end_visit(LinkId visit, const std::string& why) { visits_.end(visit, why); }
  // Dials, closes what timed out, and hands out bytes.
  void finish_turn(base::Instant now, ConsensusOutput& out) { links_.finish_turn(now, out); }
  [[nodiscard]] base::Instant next_deadline() const { return links_.next_deadline(); }
  [[nodiscard]] bool has_more_to_send() const;

  // ---- for the view ----
  [[nodiscard]] PeerInfo info(NodeId peer) const;
  // The run of its process that was heard last; 0: none in this run.
  [[nodiscard]] std::uint64_t epoch_of(NodeId peer) const { return known_.epoch_of(peer); }
  // Where a member is that dials this node but cannot be dialled; none: it can, or it is not known.
  [[nodiscard]] std::optional<std::string> moved_to(NodeId peer) const;
  // A node without a cluster that has answered lately at the address of a member which has not been
  // connected for a while; none: there is no such node.
  [[nodiscard]] std::optional<NodeId> stranger_at_address_of(const raft::Member& member) const;

 private:
  PeerMembership membership_;
  DialPlan plan_;
  KnownPeers known_;
  Promises promises_;
  LinkOutput output_;
  LinkTable links_;
  OwnHello own_hello_;
  Visits visits_;
  Dismissals dismissals_;
  Handshake handshake_;
  LinkInput input_;
};

}  // namespace node
