#include "tests/sim/cluster_checks.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/crc.h"

namespace sim {
namespace {

std::string at(std::uint64_t index) { return " at index " + std::to_string(index); }
std::uint32_t crc_of(const raft::Entry& entry) {
  return base::crc32c(entry.payload) + static_cast<std::uint32_t>(entry.kind);
}

std::set<base::NodeId> voters_of(const raft::Membership& membership) {
  std::set<base::NodeId> voters;
  for (const raft::Member& member : membership.members) {
    if (member.is_voter) voters.insert(member.id);
  }
  return voters;
}

}  // namespace

// ---- what is known ----

std::uint64_t ClusterChecks::last_chosen_in(base::ClusterId cluster) const {
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end() || found->second.chosen.empty()) return 0;
  return found->second.chosen.rbegin()->first;
}

std::uint64_t ClusterChecks::last_chosen(std::size_t host) const {
  return last_chosen_in(hosts_[host].cluster);
}

const raft::Membership& ClusterChecks::members() const {
  static const raft::Membership nobody;
  const auto found = clusters_.find(main_);
  return main_.is_none() || found == clusters_.end() ? nobody : found->second.members;
}

// ---- logs ----

void ClusterChecks::begin_log(std::size_t host, const raft::SnapshotMeta& base) {
  Host& known = hosts_[host];
  known.cluster = base.membership.cluster;
  known.log = {.base = base.index.value(),
               .terms = {base.term.value()},
               .memberships = {{base.index.value(), base.membership}}};
  if (known.cluster.is_none()) return;
  // A founding that dies with the power before it is on the disk is followed by another.
  if (host == 0 && clusters_[main_].chosen.empty()) main_ = known.cluster;
  Cluster& cluster = cluster_of(host);
  if (cluster.members.members.empty()) cluster.members = base.membership;
}

void ClusterChecks::on_start(std::size_t host, base::NodeId self, const raft::Restored& restored) {
  if (hosts_[host].id != self) hosts_[host] = {};  // a new node on the same machine
  hosts_[host].id = self;
  hosts_[host].core = {};
  amnesia_.on_start(self);
  const raft::HardState& promised = hosts_[host].vote;
  const raft::HardState& found = restored.hard_state;
  DEMAND(found.term >= promised.term, "a term that a vote was given in is forgotten");
  DEMAND(found.term != promised.term || promised.vote.is_none() || found.vote == promised.vote,
         "a vote given in term " + std::to_string(found.term.value()) + " is forgotten");
  raft::SnapshotMeta base = restored.snapshot;
  if (restored.log_base) {
    base.index = restored.log_base->index;
    base.term = restored.log_base->term;
  }
  begin_log(host, base);
  Log& log = hosts_[host].log;
  for (std::size_t i = 0; i < restored.term_runs.size(); ++i) {
    const bool is_last = i + 1 == restored.term_runs.size();
    const std::uint64_t end =
        is_last ? restored.last_index.value() + 1 : restored.term_runs[i + 1].first.value();
    for (std::uint64_t index = restored.term_runs[i].first.value(); index < end; ++index)
      log.terms.push_back(restored.term_runs[i].term.value());
  }
  for (const raft::EntryPtr& entry : restored.memberships)
    log.memberships[entry->index.value()] = raft::decode_membership(entry->payload).value();
  DEMAND(log.last() == restored.last_index.value(), "the restored term runs do not fit the log");
}

void ClusterChecks::on_log_write(std::size_t host, const persistence::LogWrite& write) {
  if (write.reset_to) begin_log(host, *write.reset_to);
  if (hosts_[host].log.terms.empty()) hosts_[host].log.terms = {0};
  if (!write.truncate_from.is_none()) truncate(host, write.truncate_from.value());
  for (const raft::EntryPtr& entry : write.entries) append(host, *entry);
}

void ClusterChecks::truncate(std::size_t host, std::uint64_t from) {
  Log& log = hosts_[host].log;
  if (from > log.last()) return;
  DEMAND(from > log.base, "a truncation below the base of the log" + at(from));
  ++counters_.truncations;
  const auto& all_chosen = cluster_of(host).chosen;
  for (std::uint64_t index = from; index <= log.last(); ++index) {
    const auto chosen = all_chosen.find(index);
    DEMAND(chosen == all_chosen.end() || chosen->second.first != log.term_at(index),
           "a chosen entry was thrown away" + at(index));
  }
  log.terms.resize(from - log.base);
  log.memberships.erase(log.memberships.lower_bound(from), log.memberships.end());
}

void ClusterChecks::append(std::size_t host, const raft::Entry& entry) {
  Log& log = hosts_[host].log;
  const std::uint64_t index = entry.index.value();
  DEMAND(index == log.last() + 1, "a gap in the log" + at(index));
  const Content content{crc_of(entry), log.terms.back()};
  const auto [known, is_new] =
      cluster_of(host).entries.try_emplace({index, entry.term.value()}, content);
  DEMAND(is_new || known->second == content,
         "log matching: two entries of one term differ" + at(index));
  if (entry.kind == raft::EntryKind::kMembership) change_members(host, entry, is_new);
  log.terms.push_back(entry.term.value());
}

// `is_new`: by the leader that made it, which has all that it follows from.
void ClusterChecks::change_members(std::size_t host, const raft::Entry& entry, bool is_new) {
  Log& log = hosts_[host].log;
  const std::uint64_t index = entry.index.value();
  const raft::Membership next = raft::decode_membership(entry.payload).value();
  const auto& [before_at, before] = *log.memberships.rbegin();
  if (is_new) {
    const std::uint64_t committed = std::clamp(cluster_of(host).committed, log.base, log.last());
    DEMAND(before_at <= committed, "two changes of members in flight" + at(index));
    DEMAND(log.term_at(committed) == entry.term.value(),
           "a change of members before an entry of its term is committed" + at(index));
    const auto from = voters_of(before), to = voters_of(next);
    std::vector<base::NodeId> changed;
    std::set_symmetric_difference(from.begin(), from.end(), to.begin(), to.end(),
                                  std::back_inserter(changed));
    DEMAND(changed.size() <= 1 && !to.empty(),
           std::to_string(changed.size()) + " voters change at once" + at(index));
    DEMAND(before.cluster == next.cluster, "a change of members changes the cluster" + at(index));
  }
  log.memberships[index] = next;
}

// ---- leaders ----

void ClusterChecks::on_role(std::size_t host, base::NodeId self,
                            const node::Leadership& leadership) {
  if (leadership.role != raft::Role::kLeader) return;
  Cluster& cluster = cluster_of(host);
  const std::uint64_t term = leadership.term.value();
  const auto [leader, is_new] = cluster.leaders.try_emplace(term, self);
  DEMAND(leader->second == self, "two leaders in term " + std::to_string(term));
  if (!is_new) return;
  ++counters_.elections;
  if (cluster.chosen.empty()) return;
  const auto& [index, entry] = *cluster.chosen.rbegin();
  const Log& log = hosts_[host].log;
  if (entry.first >= term) return;  // chosen by a later leader meanwhile
  DEMAND(index < log.base || (index <= log.last() && log.term_at(index) == entry.first),
         "leader completeness: the leader of term " + std::to_string(term) +
             " lacks a chosen entry" + at(index));
}

void ClusterChecks::on_said(std::size_t host, const raft::Message& message, bool has_amnesia) {
  amnesia_.on_said(message, has_amnesia);
  const auto* reply = std::get_if<raft::VoteReply>(&message.body);
  if (reply != nullptr && reply->granted) hosts_[host].vote = {message.term, message.to};
}

void ClusterChecks::on_commit(std::size_t host, base::LogIndex committed) {
  Cluster& cluster = cluster_of(host);
  cluster.committed = std::max(cluster.committed, committed.value());
}

void ClusterChecks::on_turn(std::size_t host, const raft::Raft& raft) {
  Core& core = hosts_[host].core;
  const std::uint64_t term = raft.term().value(), commit = raft.committed().value();
  const bool leads = raft.role() == raft::Role::kLeader;
  const Log& log = hosts_[host].log;
  if (leads && core.was_leader && core.term == term && commit > core.commit) {
    DEMAND(commit < log.base || log.term_at(commit) == term,
           "the leader of term " + std::to_string(term) + " commits an entry of term " +
               std::to_string(log.term_at(commit)) + " by counting" + at(commit));
  }
  core = {leads, term, commit};
  // Of nodes that follow a later leader an earlier one knows nothing.
  if (leads && term == last_leader_term(host))
    amnesia_.on_leader(raft, [this](base::NodeId node) { return last_of(node); });
}

std::uint64_t ClusterChecks::last_of(base::NodeId node) const {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [node](const Host& known) { return known.id == node; });
  // Whoever has lost its directory is nobody any more.
  return found == hosts_.end() ? UINT64_MAX : found->log.last();
}

// ---- the state ----

void ClusterChecks::on_committed(std::size_t host, const std::vector<raft::EntryPtr>& entries) {
  Cluster& cluster = cluster_of(host);
  for (const raft::EntryPtr& entry : entries) {
    const std::uint64_t index = entry->index.value();
    const std::pair<std::uint64_t, std::uint32_t> content{entry->term.value(), crc_of(*entry)};
    const auto [known, is_new] = cluster.chosen.try_emplace(index, content);
    if (is_new && hosts_[host].cluster == main_) log_reader_.on_chosen(*entry);
    DEMAND(known->second == content, "state machine safety: node" + std::to_string(host) +
                                         " applies another entry" + at(index));
    if (entry->kind != raft::EntryKind::kMembership || index <= cluster.members_at) continue;
    const raft::Membership before =
        std::exchange(cluster.members, raft::decode_membership(entry->payload).value());
    cluster.members_at = index;
    if (is_new) ++counters_.membership_changes;
    for (const raft::Member& member : before.members) {
      const raft::Member* after = cluster.members.find(member.id);
      counters_.demotions += is_new && member.is_voter && after != nullptr && !after->is_voter;
    }
  }
}

void ClusterChecks::on_applied(std::size_t host, base::LogIndex index, std::uint64_t digest) {
  const auto [known, is_new] = cluster_of(host).digests.try_emplace(index.value(), digest);
  if (!is_new) ++counters_.digests;
  DEMAND(known->second == digest,
         "the digest of node" + std::to_string(host) + " differs" + at(index.value()));
}

}  // namespace sim
