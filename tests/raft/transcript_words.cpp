// How transcripts write messages and persists.
#include "tests/raft/transcript.h"

namespace raft_test {
namespace {

std::string text(base::LogIndex index) { return std::to_string(index.value()); }
std::string text(base::Term term) { return std::to_string(term.value()); }
std::string text(NodeId id) { return id.is_none() ? "-" : std::to_string(id.value()); }
std::string at(base::LogIndex index, base::Term term) { return text(index) + "/" + text(term); }
std::string round_text(std::uint64_t round) {
  return round == 0 ? "" : " round " + std::to_string(round);
}

std::string entries_text(const std::vector<raft::EntryPtr>& entries) {
  std::string line;
  for (const raft::EntryPtr& entry : entries) {
    line += " " + at(entry->index, entry->term);
    if (entry->kind == raft::EntryKind::kNoop) line += " no-op";
    if (entry->kind == raft::EntryKind::kMembership) line += " members";
    if (entry->kind == raft::EntryKind::kBatch) line += " " + entry->payload;
    line += ",";
  }
  if (!line.empty()) line.pop_back();
  return line;
}

struct BodyText {
  std::string operator()(const raft::PreVote& m) const {
    return "pre-vote for term " + text(m.next_term) + " last " + at(m.last_index, m.last_term);
  }
  std::string operator()(const raft::PreVoteReply& m) const {
    return std::string(m.granted ? "pre-vote granted" : "pre-vote refused") + " for term " +
           text(m.next_term) + (m.granted && m.is_doubtful ? ", doubtful" : "");
  }
  std::string operator()(const raft::Vote& m) const {
    return std::string("vote? last ") + at(m.last_index, m.last_term) +
           (m.is_transfer ? " by transfer" : "");
  }
  std::string operator()(const raft::VoteReply& m) const {
    if (m.granted && m.is_doubtful) return "vote granted, doubtful";
    return m.granted ? "vote granted" : "vote refused";
  }
  std::string operator()(const raft::Append& m) const {
    return "append after " + at(m.previous_index, m.previous_term) +
           (m.entries.empty() ? "" : ":" + entries_text(m.entries)) + "; commit " + text(m.commit) +
           round_text(m.round);
  }
  std::string operator()(const raft::AppendReply& m) const {
    if (m.success) return "appended to " + text(m.match) + round_text(m.round);
    return "append refused after " + text(m.rejected_previous) + ", maybe " +
           at(m.match, m.conflict_term) + round_text(m.round);
  }
  std::string operator()(const raft::Heartbeat& m) const {
    return "heartbeat commit " + text(m.commit) + round_text(m.round) +
           (m.is_leasing ? ", leasing" : "");
  }
  std::string operator()(const raft::HeartbeatReply& m) const {
    return "heartbeat heard, log ends at " + text(m.last_index) + round_text(m.round) +
           (m.bound_ms == 0 ? "" : ", bound for " + std::to_string(m.bound_ms) + " ms");
  }
  std::string operator()(const raft::InstallSnapshot& m) const {
    return "snapshot of " + at(m.meta.index, m.meta.term) + " chunk " + std::to_string(m.sequence) +
           (m.is_last ? " the last" : "") + ": " + m.bytes;
  }
  std::string operator()(const raft::InstallSnapshotReply& m) const {
    return "snapshot of " + text(m.snapshot_index) +
           (m.is_installed ? " installed" : " wants chunk " + std::to_string(m.next_sequence));
  }
  std::string operator()(const raft::TimeoutNow&) const { return "stand for election now"; }
  std::string operator()(const raft::ReadIndex&) const { return "read index?"; }
  std::string operator()(const raft::ReadIndexReply& m) const {
    return m.is_granted ? "read index " + text(m.index) : "read index refused";
  }
  std::string operator()(const raft::Recall& m) const {
    return "may have lost what was behind " + text(m.last_index);
  }
  std::string operator()(const raft::RecallReply& m) const {
    return "is to be level with " + text(m.last_index);
  }
};

}  // namespace

std::string_view role_name(raft::Role role) {
  switch (role) {
    case raft::Role::kFollower: return "follower";
    case raft::Role::kPreCandidate: return "pre-candidate";
    case raft::Role::kCandidate: return "candidate";
    case raft::Role::kLeader: return "leader";
    case raft::Role::kLearner: return "learner";
  }
  return "?";
}

std::string describe(const raft::Message& message) {
  return text(message.from) + ">" + text(message.to) + " term " + text(message.term) + " " +
         std::visit(BodyText{}, message.body);
}

std::string describe(const raft::Persist& persist) {
  std::string line;
  if (persist.reset_to) line += ", reset to " + at(persist.reset_to->index, persist.reset_to->term);
  if (!persist.truncate_from.is_none()) line += ", cut from " + text(persist.truncate_from);
  if (!persist.entries.empty()) line += "," + entries_text(persist.entries);
  if (persist.hard_state)
    line += ", term " + text(persist.hard_state->term) + " vote " + text(persist.hard_state->vote);
  for (const raft::Message& message : persist.after_durable) line += ", then " + describe(message);
  return line.empty() ? "nothing" : line.substr(2 - (line[1] == ' ' ? 0 : 1));
}

}  // namespace raft_test
