// What nodes of one group say to each other. Every message carries its group, sender, receiver and
// the sender's term. encode/decode are the wire form (docs/formats.md); decode refuses anything
// malformed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "raft/types.h"

namespace raft {

// Raft thesis 9.6: asks "would you vote for me in `term`?" without disturbing anyone's term.
struct PreVote {
  Term next_term;
  LogIndex last_index;
  Term last_term;
};
struct PreVoteReply {
  Term next_term;
  bool granted = false;
  bool is_doubtful = false;  // see VoteReply
};
// Raft paper figure 2, RequestVote. `is_transfer`: the old leader asked for this election, so no
// lease is respected.
struct Vote {
  LogIndex last_index;
  Term last_term;
  bool is_transfer = false;
};
// `is_doubtful`: by a node with amnesia, which may not know what it once had. Such votes count only
// if all voters grant theirs (DESIGN decision 20).
struct VoteReply {
  bool granted = false;
  bool is_doubtful = false;
};
// Raft paper figure 2, AppendEntries. `round`: highest read round begun (0: none); echoed by the
// reply.
struct Append {
  LogIndex previous_index;
  Term previous_term;
  LogIndex commit;
  std::uint64_t round = 0;
  std::vector<EntryPtr> entries;
  bool is_leasing = false;  // as in Heartbeat
};
// On success `match` is the last index known equal AND durable. On conflict `match` is a hint: the
// last index of the largest run that may agree, `conflict_term` its term (fast backtracking, Raft
// paper 5.3).
struct AppendReply {
  bool success = false;
  LogIndex match;
  Term conflict_term;
  LogIndex rejected_previous;  // echo of the Append's previous_index when refused
  std::uint64_t round = 0;
};
// Heartbeat: commit never beyond what the receiver is known to match. `is_leasing`: the leader
// reads by a lease, so whoever hears it is bound to vote for nobody else for a while (lease.cpp).
struct Heartbeat {
  LogIndex commit;
  std::uint64_t round = 0;
  bool is_leasing = false;
};
// `bound_ms`: for so long after it heard that heartbeat the sender votes for nobody; 0: not bound.
struct HeartbeatReply {
  std::uint64_t round = 0;
  LogIndex last_index;
  std::uint32_t bound_ms = 0;
};
// One chunk of a snapshot; chunks go in order, one at a time is acknowledged (`sequence` from 0).
struct InstallSnapshot {
  SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_last = false;
  std::string bytes;
};
// `next_sequence`: the chunk wanted next (also after an interruption); `is_installed`: the whole
// state is durable.
struct InstallSnapshotReply {
  LogIndex snapshot_index;
  std::uint64_t next_sequence = 0;
  bool is_installed = false;
};
// Raft thesis 3.10: start an election now.
struct TimeoutNow {};
// Raft thesis 6.4: a follower asks for the index that a read must wait for; the answer echoes its
// number. `is_by_round`: a lease of the leader's is no evidence for it.
struct ReadIndex {
  std::uint64_t request = 0;
  bool is_by_round = false;
};
struct ReadIndexReply {
  std::uint64_t request = 0;
  bool is_granted = false;
  LogIndex index;
};

// To a leader that may not know yet: this node has lost an unknown part of its log's end, which is
// at last_index now; nothing that it once acknowledged may be relied on. `nonce`: of its start.
struct Recall {
  std::uint64_t nonce = 0;
  LogIndex last_index;
};
// When the node's log is this leader's up to last_index, nothing is missing any more.
struct RecallReply {
  std::uint64_t nonce = 0;
  LogIndex last_index;
};

using Body = std::variant<PreVote, PreVoteReply, Vote, VoteReply, Append, AppendReply, Heartbeat,
                          HeartbeatReply, InstallSnapshot, InstallSnapshotReply, TimeoutNow, Recall,
                          RecallReply, ReadIndex, ReadIndexReply>;

struct Message {
  GroupId group;
  NodeId from;
  NodeId to;
  Term term;
  Body body;
};

// A message in parts: its head and the payloads of large entries, which are neither copied to be
// sent nor when they have come. The parts of encode_parts live as long as the message's entries;
// the head is the first.
struct MessageParts {
  std::string head;
  std::vector<EntryPtr> attached;  // their payloads follow, in this order
};
[[nodiscard]] MessageParts encode_parts(const Message& message);
// Takes the payloads out of `attached`. All of them must be used.
[[nodiscard]] std::optional<Message> decode_parts(std::string_view head,
                                                  std::vector<std::string>& attached);
// The same as one string, nothing attached.
[[nodiscard]] std::string encode_message(const Message& message);
[[nodiscard]] std::optional<Message> decode_message(std::string_view bytes);
// False for what no core ever says; decode_parts refuses it.
[[nodiscard]] bool is_possible(const Message& message);
// Messages that carry bulk (entries, chunks) may wait behind others; the rest must not wait behind
// bulk.
[[nodiscard]] bool is_bulk(const Message& message);

}  // namespace raft
