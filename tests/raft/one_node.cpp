#include "tests/raft/one_node.h"

#include <algorithm>
#include <utility>

namespace raft_test {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;

OneNode::OneNode(const Beginning& beginning)
    : has_amnesia_(beginning.has_amnesia), hard_(beginning.hard) {
  options_ = {.self = NodeId(1),
              .seed = 5,
              .uses_leases = beginning.uses_leases,
              .append_bytes_max = 1000,
              .inflight_appends_max = 8,
              .uncommitted_bytes_max = 100'000,
              .cache_bytes_max = 100'000,
              .cache_tail_bytes = beginning.cache_tail_bytes,
              .promotes_learners = beginning.promotes_learners,
              .catch_up_bytes_max = beginning.catch_up_bytes_max};
  snapshot_.index = LogIndex(beginning.snapshot_index);
  snapshot_.term = Term(beginning.snapshot_term);
  snapshot_.membership.cluster = base::ClusterId(7);
  for (std::uint64_t id = 1; id <= beginning.voters + beginning.learners; ++id)
    snapshot_.membership.members.push_back({NodeId(id), "a:1", id <= beginning.voters});
  for (std::uint64_t i = 0; i < beginning.terms.size(); ++i) {
    const std::uint64_t index = beginning.snapshot_index + i + 1;
    log_.push_back(entry(index, beginning.terms[i], std::to_string(index)));
    hard_.term = std::max(hard_.term, Term(beginning.terms[i]));
  }
  restart();
  if (beginning.is_just_started) return;
  pass_ms(10'000);
}

raft::Restored OneNode::restored() const {
  raft::Restored found{.hard_state = hard_,
                       .snapshot = snapshot_,
                       .last_index = log_.empty() ? snapshot_.index : log_.back()->index,
                       .term_runs = {},
                       .memberships = {},
                       .has_amnesia = has_amnesia_};
  for (const raft::EntryPtr& each : log_) {
    if (found.term_runs.empty() || found.term_runs.back().term != each->term)
      found.term_runs.push_back({each->index, each->term});
    if (each->kind == raft::EntryKind::kMembership) found.memberships.push_back(each);
  }
  return found;
}

void OneNode::restart() {
  writing_.clear();
  said_.clear();
  core_.emplace(options_, restored());
  give(raft::Applied{});  // its clock begins
}

void OneNode::give(raft::Input input) {
  raft::Output out = core_->step(now_, std::move(input));
  recalls += out.has_recalled ? 1 : 0;
  has_amnesia_ = has_amnesia_ && !out.has_recalled;
  said_.insert(said_.end(), out.messages.begin(), out.messages.end());
  reads.insert(reads.end(), out.reads.begin(), out.reads.end());
  read_refusals.insert(read_refusals.end(), out.read_refusals.begin(), out.read_refusals.end());
  if (out.lease) leases.push_back(*out.lease);
  refused.insert(refused.end(), out.refused.begin(), out.refused.end());
  changed.insert(changed.end(), out.changed.begin(), out.changed.end());
  snapshot_writes.insert(snapshot_writes.end(), out.snapshot_writes.begin(),
                         out.snapshot_writes.end());
  snapshot_reads.insert(snapshot_reads.end(), out.snapshot_reads.begin(), out.snapshot_reads.end());
  snapshot_closes.insert(snapshot_closes.end(), out.snapshot_closes.begin(),
                         out.snapshot_closes.end());
  for (raft::Persist& persist : out.persists) writing_.push_back(std::move(persist));
  asked.insert(asked.end(), out.entry_reads.begin(), out.entry_reads.end());
  if (!is_slow_) sync();
  for (const raft::EntryRead& read : answers_reads ? out.entry_reads : decltype(asked)()) {
    raft::EntriesRead answer{read.first, {}};
    for (const raft::EntryPtr& each : log_)
      if (each->index >= read.first && each->index <= read.last) answer.entries.push_back(each);
    give(std::move(answer));
  }
}

void OneNode::hear(std::uint64_t from, std::uint64_t term, raft::Body body) {
  give(raft::Received{{base::kFirstGroup, NodeId(from), NodeId(1), Term(term), std::move(body)}});
}

void OneNode::time_out() {
  now_ = std::max(now_, core_->next_deadline());
  give(raft::Tick{});
}

void OneNode::write_down(const raft::Persist& persist) {
  if (persist.reset_to) {
    log_.clear();
    snapshot_ = *persist.reset_to;
  }
  if (!persist.truncate_from.is_none())
    std::erase_if(log_, [&](const auto& each) { return each->index >= persist.truncate_from; });
  log_.insert(log_.end(), persist.entries.begin(), persist.entries.end());
  if (persist.hard_state) hard_ = *persist.hard_state;
}

void OneNode::sync() {
  while (!writing_.empty()) {
    const raft::Persist persist = std::move(writing_.front());
    writing_.pop_front();
    write_down(persist);
    said_.insert(said_.end(), persist.after_durable.begin(), persist.after_durable.end());
    give(raft::Durable{persist.sequence});
  }
}

void OneNode::campaign() {
  time_out();
  const std::uint64_t next = term() + 1;
  for (const raft::Member& member : core_->membership().members) {
    if (member.id != NodeId(1) && core_->role() == raft::Role::kPreCandidate)
      hear(member.id.value(), term(), raft::PreVoteReply{Term(next), true});
  }
}

void OneNode::lead() {
  campaign();
  for (const raft::Member& member : core_->membership().members) {
    if (member.id != NodeId(1) && core_->role() == raft::Role::kCandidate)
      hear(member.id.value(), term(), raft::VoteReply{true});
  }
}

std::string OneNode::disk_log() const {
  std::string terms;
  for (const raft::EntryPtr& each : log_)
    terms += (terms.empty() ? "" : " ") + std::to_string(each->term.value());
  return terms;
}

raft::EntryPtr OneNode::entry(std::uint64_t index, std::uint64_t term, std::string payload) {
  return std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(term), raft::EntryKind::kBatch, std::move(payload)});
}

raft::Append OneNode::append(std::uint64_t previous, std::uint64_t previous_term,
                             const std::vector<std::uint64_t>& terms, std::uint64_t commit) {
  raft::Append body{.previous_index = LogIndex(previous),
                    .previous_term = Term(previous_term),
                    .commit = LogIndex(commit),
                    .round = 0,
                    .entries = {}};
  for (const std::uint64_t term : terms) body.entries.push_back(entry(++previous, term));
  return body;
}

}  // namespace raft_test
