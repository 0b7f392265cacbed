// What a node shows of its cluster (CLUSTER NODES, INFO and the like), sent to the service when it
// has changed: at once but not more often than kViewGap, ages and positions alone each second. Who
// waits for the positions of followers (WAIT) learns them without delay.
#include <algorithm>
#include <utility>

#include "node/consensus/machine.h"
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

}  // namespace

PeerView Consensus::Machine::view_of(const raft::Member& member) const {
  PeerView view;
  view.id = member.id;
  view.host = host_of(member.address);
  view.is_self = member.id == options_.self;
  view.is_voter = member.is_voter;
  const PeerLinks::PeerInfo info = links_.info(member.id);
  const Announcement& announced = view.is_self ? options_.announcement : info.announcement;
  if (!announced.host.empty()) view.host = announced.host;
  view.client_port = announced.client_port;
  view.plain_port = announced.plain_port;
  view.sentinel_port = announced.sentinel_port;
  view.raft_port = announced.raft_port;
  view.hostname = announced.hostname;
  view.wants_vote = view.is_self ? options_.wants_vote : info.wants_vote;
  view.is_connected = view.is_self || info.is_connected;
  view.epoch = view.is_self ? options_.epoch : info.epoch;
  if (view.is_self)
    view.heard_ms_ago = 0;
  else if (info.heard)
    view.heard_ms_ago = (now_ - *info.heard).count() / 1000;
  return view;
}

ClusterView Consensus::Machine::make_view() const {
  ClusterView view;
  view.is_born = !groups_.empty();
  view.service_stalls = service_watch_.stalls();
  view.waiting_for = birth_.waiting_for();
  if (birth_.has_accepted()) view.cluster = birth_.membership().cluster;
  if (is_removed_) {
    view.cluster = former_cluster_;
    view.waiting_for = "CLUSTER MEET: it was removed";
    view.peers.push_back(view_of({.id = options_.self, .address = options_.announcement.host}));
    return view;
  }
  if (groups_.empty()) {
    for (const raft::Member& member : birth_.membership().members)
      view.peers.push_back(view_of(member));
    return view;
  }
  const Group& group = groups_.begin()->second;
  const raft::Raft& raft = group.raft();
  for (const raft::Member& member : raft.membership().members)
    view.peers.push_back(view_of(member));
  for (const raft::PeerProgress& progress : raft.progress()) {
    for (PeerView& peer : view.peers) {
      if (peer.id != progress.id) continue;
      peer.match = progress.match;
      peer.lag_entries = LogIndex(raft.last_index().value() - progress.match.value());
      peer.lag_bytes = progress.lag_bytes;
    }
  }
  view.change = change_between(raft.committed_membership(), raft.membership());
  view.term = raft.term();
  view.leader = raft.leader().is_none() ? view_.leader : raft.leader();
  view.role = raft.role();
  view.commit = raft.committed();
  view.last = raft.last_index();
  view.snapshot = raft.snapshot_index();
  view.log_bytes = group.counters().log_bytes;
  view.logged_bytes = group.counters().logged_bytes;
  view.elections = group.counters().elections;
  view.snapshots_sent = group.counters().snapshots_sent;
  view.snapshots_installed = group.counters().snapshots_installed;
  return view;
}

void Consensus::Machine::update_view(ConsensusOutput& out) {
  const bool is_wanted = is_view_urgent_ || (is_view_stale_ && now_ >= next_full_view_);
  if (is_wanted && now_ >= next_view_) {
    view_ = make_view();
    out.to_service.emplace_back(view_);
    is_view_urgent_ = is_view_stale_ = false;
    next_view_ = now_ + kViewGap;
    next_full_view_ = now_ + kViewRefresh;
  }
  if (is_view_urgent_)
    out.next_deadline = std::min(out.next_deadline, next_view_);
  else if (is_view_stale_)
    out.next_deadline = std::min(out.next_deadline, next_full_view_);
}

void Consensus::Machine::watch_progress(const WatchProgress& message) {
  const LogIndex before = watched_progress_ ? watched_progress_->index : LogIndex{};
  watched_progress_ = message;
  watched_progress_->index = std::max(before, message.index);
}

void Consensus::Machine::tell_progress(ConsensusOutput& out) {
  if (!watched_progress_) return;
  const raft::Raft* raft = group(watched_progress_->group);
  Progress progress{.group = watched_progress_->group, .id = watched_progress_->id, .matches = {}};
  bool has_all = true;
  if (raft != nullptr) {
    for (const raft::PeerProgress& peer : raft->progress()) {
      progress.matches.emplace_back(peer.id, peer.match);
      has_all = has_all && peer.match >= watched_progress_->index;
    }
  }
  if (has_all) watched_progress_.reset();
  if (progress.id == told_progress_.id && progress.matches == told_progress_.matches) return;
  told_progress_ = progress;
  out.to_service.emplace_back(std::move(progress));
}

}  // namespace node
