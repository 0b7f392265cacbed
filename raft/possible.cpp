// What no core ever says: a decoder refuses it, so that no peer's bytes reach a CHECK. What depends
// on the state of the one that hears it is judged there (Core::disbelieve).
#include "raft/message.h"

namespace raft {
namespace {

// So many terms and entries there will never be; behind them numbers would begin anew.
constexpr std::uint64_t kPositionMax = 1ULL << 62;

bool is_possible(LogIndex index) { return index.value() < kPositionMax; }
bool is_possible(Term term) { return term.value() < kPositionMax; }

// An entry's payload that the core itself reads.
bool is_readable(const Entry& entry) {
  if (entry.kind != EntryKind::kMembership) return true;
  const auto membership = decode_membership(entry.payload);
  return membership && membership->version == entry.index && membership->voter_count() > 0;
}

struct IsPossible {
  const Message& message;
  bool operator()(const PreVote& m) const {
    return is_possible(m.next_term) && is_possible(m.last_index) && m.last_term < m.next_term;
  }
  bool operator()(const PreVoteReply& m) const { return is_possible(m.next_term); }
  bool operator()(const Vote& m) const {
    return is_possible(m.last_index) && m.last_term < message.term;
  }
  // Terms never go back along a log, and none is of a leader yet to come.
  bool operator()(const Append& m) const {
    Term term = m.previous_term;
    for (const EntryPtr& entry : m.entries) {
      if (entry->term < term || !is_readable(*entry)) return false;
      term = entry->term;
    }
    const LogIndex last(m.previous_index.value() + m.entries.size());
    return is_possible(m.previous_index) && is_possible(last) && is_possible(m.commit) &&
           term <= message.term;
  }
  bool operator()(const AppendReply& m) const {
    return is_possible(m.match) && is_possible(m.rejected_previous) && is_possible(m.conflict_term);
  }
  bool operator()(const Heartbeat& m) const { return is_possible(m.commit); }
  bool operator()(const HeartbeatReply& m) const { return is_possible(m.last_index); }
  bool operator()(const InstallSnapshot& m) const {
    return is_possible(m.meta.index) && m.meta.term <= message.term &&
           m.meta.membership.voter_count() > 0;
  }
  bool operator()(const InstallSnapshotReply& m) const { return is_possible(m.snapshot_index); }
  bool operator()(const VoteReply&) const { return true; }
  bool operator()(const TimeoutNow&) const { return true; }
  bool operator()(const ReadIndex&) const { return true; }
  bool operator()(const ReadIndexReply& m) const { return is_possible(m.index); }
  bool operator()(const Recall& m) const { return is_possible(m.last_index); }
  bool operator()(const RecallReply& m) const { return is_possible(m.last_index); }
};

}  // namespace

bool is_possible(const Message& message) {
  return !message.from.is_none() && is_possible(message.term) &&
         std::visit(IsPossible{message}, message.body);
}

}  // namespace raft
