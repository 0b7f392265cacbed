#include "node/consensus/view.h"

#include <algorithm>
#include <utility>

#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr base::Duration kViewGap = base::milliseconds(100);
constexpr base::Duration kViewRefresh = base::milliseconds(1000);

// In words, for INFO: members change one at a time.
std::string change_between(const raft::Membership& before, const raft::Membership& after) {
  std::string text;
  const auto add = [&text](const char* what, NodeId id) {
    text += (text.empty() ? "" : "+") + std::string(what) + ":" + node_name(id);
  };
  for (const raft::Member& member : before.members)
    if (after.find(member.id) == nullptr) add("remove", member.id);
  for (const raft::Member& member : after.members) {
    const raft::Member* was = before.find(member.id);
    if (was == nullptr)
      add("add", member.id);
    else if (was->is_voter != member.is_voter)
      add(member.is_voter ? "promote" : "demote", member.id);
    else if (was->address != member.address)
      add("move", member.id);
  }
  return text;
}

PeerView view_of(const raft::Member& member, const ViewFacts& facts) {
  const ConsensusOptions& own = facts.options;
  PeerView view;
  view.id = member.id;
  view.host = host_of(member.address);
  view.is_self = member.id == own.self;
  view.is_voter = member.is_voter;
  const PeerLinks::PeerInfo info = facts.links.info(member.id);
  const Announcement& announced = view.is_self ? own.announcement : info.announcement;
  if (!announced.host.empty()) view.host = announced.host;
  view.client_port = announced.client_port;
  view.plain_port = announced.plain_port;
  view.sentinel_port = announced.sentinel_port;
  view.raft_port = announced.raft_port;
  view.hostname = announced.hostname;
  view.wants_vote = view.is_self ? own.wants_vote : info.wants_vote;
  view.is_connected = view.is_self || info.is_connected;
  view.epoch = view.is_self ? own.epoch : info.epoch;
  if (view.is_self)
    view.heard_ms_ago = 0;
  else if (info.heard)
    view.heard_ms_ago = (facts.now - *info.heard).count() / 1000;
  return view;
}

void show_progress(const raft::Raft& raft, std::vector<PeerView>& peers) {
  for (const raft::PeerProgress& progress : raft.progress()) {
    for (PeerView& peer : peers) {
      if (peer.id != progress.id) continue;
      peer.match = progress.match;
      peer.lag_entries = LogIndex(raft.last_index().value() - progress.match.value());
      peer.lag_bytes = progress.lag_bytes;
    }
  }
}

void show_group(const Group& group, const ViewFacts& facts, ClusterView& view) {
  const raft::Raft& raft = group.raft();
  for (const raft::Member& member : raft.membership().members)
    view.peers.push_back(view_of(member, facts));
  show_progress(raft, view.peers);
  view.change = change_between(raft.committed_membership(), raft.membership());
  view.term = raft.term();
  view.leader = raft.leader().is_none() ? facts.last_leader : raft.leader();
  view.role = raft.role();
  view.commit = raft.committed();
  view.last = raft.last_index();
  view.snapshot = raft.snapshot_index();
  const Group::Counters counters = group.counters();
  view.log_bytes = counters.log_bytes;
  view.logged_bytes = counters.logged_bytes;
  view.elections = counters.elections;
  view.snapshots_sent = counters.snapshots_sent;
  view.snapshots_installed = counters.snapshots_installed;
}

}  // namespace

ClusterView make_view(const ViewFacts& facts) {
  ClusterView view;
  view.is_born = facts.group != nullptr;
  view.service_stalls = facts.service_stalls;
  view.waiting_for = facts.birth.waiting_for();
  if (facts.birth.has_accepted()) view.cluster = facts.birth.membership().cluster;
  if (facts.own.is_removed()) {
    const ConsensusOptions& own = facts.options;
    view.cluster = facts.own.former_cluster();
    view.waiting_for = "CLUSTER MEET: it was removed";
    view.peers.push_back(view_of({.id = own.self, .address = own.announcement.host}, facts));
  } else if (facts.group == nullptr) {
    for (const raft::Member& member : facts.birth.membership().members)
      view.peers.push_back(view_of(member, facts));
  } else {
    show_group(*facts.group, facts, view);
  }
  return view;
}

bool ViewTeller::is_due(base::Instant now) const {
  const bool is_wanted = is_urgent_ || (is_stale_ && now >= next_full_);
  return is_wanted && now >= next_;
}

void ViewTeller::tell(base::Instant now, ClusterView view, ConsensusOutput& out) {
  leader_ = view.leader;
  out.to_service.emplace_back(std::move(view));
  is_urgent_ = is_stale_ = false;
  next_ = now + kViewGap;
  next_full_ = now + kViewRefresh;
}

base::Instant ViewTeller::next_deadline() const {
  if (is_urgent_) return next_;
  return is_stale_ ? next_full_ : base::Instant::max();
}

}  // namespace node
