// Majorities: what is durable where, what is thereby committed (only entries of the own term by
// counting, Raft paper 5.4.2), and whether a majority has been heard lately.
#include <algorithm>
#include <functional>

#include "base/check.h"
#include "raft/core.h"

namespace raft {

bool Raft::Core::has_majority(const std::set<NodeId>& ids) const {
  const auto count =
      std::count_if(ids.begin(), ids.end(), [this](NodeId id) { return is_voter(id); });
  return static_cast<std::size_t>(count) > membership().voter_count() / 2;
}

bool Raft::Core::has_heard_majority() const {
  std::set<NodeId> heard = {options_.self};
  for (const auto& [id, peer] : peers_) {
    if (is_heard(peer)) heard.insert(id);
  }
  return has_majority(heard);
}

bool Raft::Core::is_heard(const Progress& peer) const {
  return now_ - peer.heard < options_.election_timeout_min;
}

const Progress& Raft::Core::progress_of(NodeId other) const {
  const auto found = peers_.find(other);
  CHECK(found != peers_.end());
  return found->second;
}

void Raft::Core::on_durable(std::uint64_t sequence) {
  CHECK(sequence <= persist_sequence_);
  while (!pending_persists_.empty() && pending_persists_.front().sequence <= sequence) {
    durable_ = std::max(durable_, pending_persists_.front().last);
    pending_persists_.pop_front();
  }
  if (self_vote_sequence_ != 0 && sequence >= self_vote_sequence_) {
    self_vote_sequence_ = 0;
    if (role_ == Role::kCandidate) {
      add_vote(options_.self, has_amnesia_);
      count_votes();
    }
  }
  if (role_ == Role::kLeader) advance_commit();
  shrink_cache();
}

// Nobody here needs an entry that is durable, applied and on all followers.
void Raft::Core::shrink_cache() {
  LogIndex unneeded = std::min(durable_, applied_);
  if (role_ == Role::kLeader) {
    for (const auto& [id, peer] : peers_) unneeded = std::min(unneeded, peer.match);
  }
  log_.shrink_cache(durable_, unneeded);
}

void Raft::Core::advance_commit() {
  std::vector<LogIndex> matches;
  for (const Member& member : membership().members) {
    if (!member.is_voter) continue;
    if (member.id == options_.self) {
      matches.push_back(durable_);
    } else {
      const Progress& peer = progress_of(member.id);
      matches.push_back(peer.is_forgetful ? LogIndex() : peer.match);
    }
  }
  CHECK(!matches.empty());  // nobody is elected without a voter, and the last one stays
  const auto middle = matches.begin() + static_cast<std::ptrdiff_t>(matches.size() / 2);
  std::nth_element(matches.begin(), middle, matches.end(), std::greater<>());
  if (*middle <= commit_ || log_.term_at(*middle) != hard_.term) return;
  commit_to(*middle);
  while (!uncommitted_.empty() && uncommitted_.front().first <= commit_) {
    uncommitted_bytes_ -= uncommitted_.front().second;
    uncommitted_.pop_front();
  }
  grant_by_commit();
  end_changes();
  leave_if_removed();
}

}  // namespace raft
