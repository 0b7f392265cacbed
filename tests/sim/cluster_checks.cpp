#include "tests/sim/cluster_checks.h"

#include "base/crc.h"

namespace sim {
namespace {

std::string at(std::uint64_t index) { return " at index " + std::to_string(index); }
std::uint32_t crc_of(const raft::Entry& entry) {
  return base::crc32c(entry.payload) + static_cast<std::uint32_t>(entry.kind);
}

}  // namespace

void ClusterChecks::on_start(std::size_t host, const raft::Restored& restored) {
  const raft::HardState& promised = votes_[host];
  const raft::HardState& found = restored.hard_state;
  DEMAND(found.term >= promised.term, "a term that a vote was given in is forgotten");
  DEMAND(found.term != promised.term || promised.vote.is_none() || found.vote == promised.vote,
         "a vote given in term " + std::to_string(found.term.value()) + " is forgotten");
  cores_.erase(host);
  Log& log = logs_[host];
  log = {.base = restored.snapshot.index.value(), .terms = {restored.snapshot.term.value()}};
  for (std::size_t i = 0; i < restored.term_runs.size(); ++i) {
    const bool is_last = i + 1 == restored.term_runs.size();
    const std::uint64_t end =
        is_last ? restored.last_index.value() + 1 : restored.term_runs[i + 1].first.value();
    for (std::uint64_t index = restored.term_runs[i].first.value(); index < end; ++index)
      log.terms.push_back(restored.term_runs[i].term.value());
  }
  DEMAND(log.last() == restored.last_index.value(), "the restored term runs do not fit the log");
}

void ClusterChecks::on_log_write(std::size_t host, const persistence::LogWrite& write) {
  Log& log = logs_[host];
  if (write.reset_to)
    log = {.base = write.reset_to->index.value(), .terms = {write.reset_to->term.value()}};
  if (log.terms.empty()) log.terms = {0};
  if (!write.truncate_from.is_none()) truncate(log, write.truncate_from.value());
  for (const raft::EntryPtr& entry : write.entries) append(log, *entry);
}

void ClusterChecks::truncate(Log& log, std::uint64_t from) {
  if (from > log.last()) return;
  DEMAND(from > log.base, "a truncation below the base of the log" + at(from));
  ++counters_.truncations;
  for (std::uint64_t index = from; index <= log.last(); ++index) {
    const auto chosen = chosen_.find(index);
    DEMAND(chosen == chosen_.end() || chosen->second.first != log.term_at(index),
           "a chosen entry was thrown away" + at(index));
  }
  log.terms.resize(from - log.base);
}

void ClusterChecks::append(Log& log, const raft::Entry& entry) {
  const std::uint64_t index = entry.index.value();
  DEMAND(index == log.last() + 1, "a gap in the log" + at(index));
  const Content content{crc_of(entry), log.terms.back()};
  const auto [known, is_new] = entries_.try_emplace({index, entry.term.value()}, content);
  DEMAND(is_new || known->second == content,
         "log matching: two entries of one term differ" + at(index));
  log.terms.push_back(entry.term.value());
}

void ClusterChecks::on_role(std::size_t host, base::NodeId self,
                            const node::Leadership& leadership) {
  if (leadership.role != raft::Role::kLeader) return;
  const std::uint64_t term = leadership.term.value();
  const auto [leader, is_new] = leaders_.try_emplace(term, self);
  DEMAND(leader->second == self, "two leaders in term " + std::to_string(term));
  if (!is_new) return;
  ++counters_.elections;
  if (chosen_.empty()) return;
  const auto& [index, entry] = *chosen_.rbegin();
  const Log& log = logs_[host];
  if (entry.first >= term) return;  // chosen by a later leader meanwhile
  DEMAND(index < log.base || (index <= log.last() && log.term_at(index) == entry.first),
         "leader completeness: the leader of term " + std::to_string(term) +
             " lacks a chosen entry" + at(index));
}

void ClusterChecks::on_said(std::size_t host, const raft::Message& message) {
  const auto* reply = std::get_if<raft::VoteReply>(&message.body);
  if (reply != nullptr && reply->granted) votes_[host] = {message.term, message.to};
}

void ClusterChecks::on_turn(std::size_t host, const raft::Raft& raft) {
  Core& core = cores_[host];
  const std::uint64_t term = raft.term().value(), commit = raft.committed().value();
  const bool leads = raft.role() == raft::Role::kLeader;
  const Log& log = logs_[host];
  if (leads && core.was_leader && core.term == term && commit > core.commit) {
    DEMAND(commit < log.base || log.term_at(commit) == term,
           "the leader of term " + std::to_string(term) + " commits an entry of term " +
               std::to_string(log.term_at(commit)) + " by counting" + at(commit));
  }
  core = {leads, term, commit};
}

void ClusterChecks::on_committed(std::size_t host, const std::vector<raft::EntryPtr>& entries) {
  for (const raft::EntryPtr& entry : entries) {
    const std::pair<std::uint64_t, std::uint32_t> content{entry->term.value(), crc_of(*entry)};
    const auto [known, is_new] = chosen_.try_emplace(entry->index.value(), content);
    DEMAND(known->second == content, "state machine safety: node" + std::to_string(host) +
                                         " applies another entry" + at(entry->index.value()));
  }
}

void ClusterChecks::on_applied(std::size_t host, base::LogIndex index, std::uint64_t digest) {
  const auto [known, is_new] = digests_.try_emplace(index.value(), digest);
  if (!is_new) ++counters_.digests;
  DEMAND(known->second == digest,
         "the digest of node" + std::to_string(host) + " differs" + at(index.value()));
}

}  // namespace sim
