// What a node's output does to its disk, its state and the links.
#include "tests/raft/transcript.h"

#include <algorithm>

namespace raft_test {
namespace {

constexpr std::size_t kChunkPayloads = 2;  // of the state, in one snapshot chunk

std::string name(NodeId id) { return std::to_string(id.value()); }

std::string payload_text(const raft::Entry& entry) {
  if (entry.kind == raft::EntryKind::kNoop) return "no-op";
  return entry.kind == raft::EntryKind::kMembership ? "members" : entry.payload;
}

std::string_view words_for(raft::ChangeRefusal refusal) {
  switch (refusal) {
    case raft::ChangeRefusal::kNotLeader: return "not leader";
    case raft::ChangeRefusal::kTransferring: return "transferring";
    case raft::ChangeRefusal::kTermNotOpen: return "no entry of its term is committed";
    case raft::ChangeRefusal::kUnderWay: return "another is under way";
    case raft::ChangeRefusal::kUnknownMember: return "no such member";
    case raft::ChangeRefusal::kKnownMember: return "a member already";
    case raft::ChangeRefusal::kAddressTaken: return "address taken";
    case raft::ChangeRefusal::kNotLearner: return "no learner";
    case raft::ChangeRefusal::kNotVoter: return "no voter";
    case raft::ChangeRefusal::kLeads: return "it leads";
    case raft::ChangeRefusal::kUnwilling: return "it wishes to be no voter";
    case raft::ChangeRefusal::kNotLevel: return "not level";
    case raft::ChangeRefusal::kLastVoter: return "the last voter";
    case raft::ChangeRefusal::kNoMajority: return "no majority would be heard";
    case raft::ChangeRefusal::kLeadershipLost: return "leadership lost";
  }
  return "?";
}

}  // namespace

void Transcript::input(NodeId id, raft::Input in) {
  Machine& machine = machines_.at(id);
  if (machine.core == nullptr) return;
  raft::Output out = machine.core->step(base::Instant(base::Duration(now_us_)), std::move(in));
  carry_out(id, out);
}

void Transcript::carry_out(NodeId id, raft::Output& out) {
  Machine& machine = machines_.at(id);
  tell(id, out);
  if (out.has_recalled) machine.has_amnesia = false;
  for (const raft::Message& message : out.messages) post(message);
  for (raft::Persist& persist : out.persists) {
    if (machine.is_slow && !is_quiet_) line("  " + name(id) + " writes: " + describe(persist));
    machine.writing.push_back(std::move(persist));
  }
  while (!machine.is_slow && !machine.writing.empty()) finish_write(id);
  apply(id, out.committed);
  if (out.discardable > machine.discardable) {
    machine.discardable = out.discardable;
    std::erase_if(machine.log, [&](const auto& e) { return e->index <= out.discardable; });
  }
  if (machine.is_slow)
    machine.reads.insert(machine.reads.end(), out.entry_reads.begin(), out.entry_reads.end());
  else
    answer_reads(id, out.entry_reads);
  answer_snapshots(id, out);
}

void Transcript::tell(NodeId id, const raft::Output& out) {
  if (is_quiet_) return;
  const std::string who = "  " + name(id) + " ";
  if (out.has_recalled) line(who + "has amnesia no more");
  if (out.role_change) {
    line(who + "is " + std::string(role_name(out.role_change->role)) + " in term " +
         name(NodeId(out.role_change->term.value())) +
         (out.role_change->leader.is_none() || out.role_change->leader == id
              ? ""
              : " of leader " + name(out.role_change->leader)));
  }
  for (const auto& proposed : out.proposed)
    line(who + "proposed " + std::to_string(proposed.index.value()) + "/" +
         std::to_string(proposed.term.value()));
  for (const auto& refused : out.refused)
    line(who + "refuses proposal: " +
         (refused.reason == raft::RefusalReason::kNotLeader      ? "not leader"
          : refused.reason == raft::RefusalReason::kTransferring ? "transferring"
                                                                 : "too much uncommitted"));
  for (const auto& changed : out.changed)
    line(who + (changed.refusal ? "refuses change: " + std::string(words_for(*changed.refusal))
                                : "has changed the members"));
  for (const auto& granted : out.reads)
    line(who + "grants read " + std::to_string(granted.id) + " at " +
         std::to_string(granted.index.value()));
  for (const auto ticket : out.read_refusals) line(who + "refuses read " + std::to_string(ticket));
  for (const auto& read : out.entry_reads)
    line(who + "reads back " + std::to_string(read.first.value()) + ".." +
         std::to_string(read.last.value()));
  for (const auto& close : out.snapshot_closes) line(who + "ends the stream to " + name(close.to));
}

void Transcript::answer_reads(NodeId id, const std::vector<raft::EntryRead>& reads) {
  for (const raft::EntryRead& read : reads) {
    raft::EntriesRead answer{read.first, {}};
    for (const raft::EntryPtr& entry : machines_.at(id).log)
      if (entry->index >= read.first && entry->index <= read.last) answer.entries.push_back(entry);
    input(id, std::move(answer));
  }
}

void Transcript::answer_snapshots(NodeId id, const raft::Output& out) {
  Machine& machine = machines_.at(id);
  for (const raft::SnapshotRead& read : out.snapshot_reads) {
    raft::SnapshotChunk chunk{read.to, machine.snapshot, read.sequence, false, {}};
    const std::size_t from = std::min(machine.state.size(), read.sequence * kChunkPayloads);
    const std::size_t end = std::min(machine.state.size(), from + kChunkPayloads);
    for (std::size_t i = from; i < end; ++i) chunk.bytes += machine.state[i] + ";";
    chunk.is_last = end == machine.state.size();
    input(id, std::move(chunk));
  }
  for (const raft::SnapshotWrite& write : out.snapshot_writes) {
    if (write.sequence == 0) machine.incoming.clear();
    for (std::size_t at = 0, end = 0; (end = write.bytes.find(';', at)) != std::string::npos;
         at = end + 1)
      machine.incoming.push_back(write.bytes.substr(at, end - at));
    if (write.is_last) {
      machine.snapshot = write.meta;
      machine.state = machine.applied = machine.incoming;
      machine.committed = write.meta.index;
    }
    input(id, raft::SnapshotStored{write.meta.index, write.sequence, write.is_last});
  }
}

void Transcript::write_down(Machine& machine, const raft::Persist& persist) {
  if (persist.reset_to) machine.log.clear();
  if (!persist.truncate_from.is_none())
    std::erase_if(machine.log, [&](const auto& e) { return e->index >= persist.truncate_from; });
  machine.log.insert(machine.log.end(), persist.entries.begin(), persist.entries.end());
  if (persist.hard_state) machine.hard = *persist.hard_state;
}

void Transcript::finish_write(NodeId id) {
  Machine& machine = machines_.at(id);
  const raft::Persist persist = std::move(machine.writing.front());
  machine.writing.pop_front();
  write_down(machine, persist);
  for (const raft::Message& message : persist.after_durable) post(message);
  input(id, raft::Durable{persist.sequence});
}

void Transcript::apply(NodeId id, raft::LogIndex committed) {
  Machine& machine = machines_.at(id);
  if (machine.core == nullptr || committed <= machine.committed) return;
  std::string applied;
  for (raft::LogIndex index = machine.committed.next(); index <= committed; index = index.next()) {
    const auto cached = machine.core->entries(index, index, 1);
    const auto stored = std::find_if(machine.log.begin(), machine.log.end(),
                                     [&](const auto& e) { return e->index == index; });
    if (cached.empty() && stored == machine.log.end()) break;
    machine.applied.push_back(payload_text(cached.empty() ? **stored : *cached.front()));
    machine.committed = index;
    applied += " " + machine.applied.back();
  }
  if (!is_quiet_)
    line("  " + name(id) + " commits to " + std::to_string(committed.value()) + ":" + applied);
  input(id, raft::Applied{machine.committed});
}

void Transcript::post(const raft::Message& message) {
  const auto is_cut_off = [this](NodeId id) {
    return std::find(cut_off_.begin(), cut_off_.end(), id) != cut_off_.end();
  };
  const bool is_lost = is_cut_off(message.from) || is_cut_off(message.to);
  if (!is_quiet_) line("  " + describe(message) + (is_lost ? " (lost)" : ""));
  if (!is_lost) links_[name(message.from) + ">" + name(message.to)].push_back(message);
}

raft::Restored Transcript::restored(const Machine& machine) const {
  raft::Restored found{.hard_state = machine.hard,
                       .snapshot = machine.snapshot,
                       .last_index = machine.snapshot.index,
                       .term_runs = {},
                       .memberships = {},
                       .has_amnesia = machine.has_amnesia};
  for (const raft::EntryPtr& entry : machine.log) {
    if (entry->index != found.last_index.next()) continue;
    found.last_index = entry->index;
    if (found.term_runs.empty() || found.term_runs.back().term != entry->term)
      found.term_runs.push_back({entry->index, entry->term});
    if (entry->kind == raft::EntryKind::kMembership) found.memberships.push_back(entry);
  }
  return found;
}

bool Transcript::deliver_one(const std::string& link) {
  auto& waiting = links_[link];
  if (waiting.empty()) return false;
  raft::Message message = std::move(waiting.front());
  waiting.pop_front();
  if (!is_quiet_) line(describe(message));
  const NodeId to = message.to;
  input(to, raft::Received{std::move(message)});
  return true;
}

}  // namespace raft_test
