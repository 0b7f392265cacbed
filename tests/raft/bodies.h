// Short ways to say what peers and disks say to a raft core.
#pragma once

#include "raft/raft.h"

namespace raft_test {

inline raft::AppendReply appended(std::uint64_t match, std::uint64_t round = 0) {
  return {.success = true,
          .match = raft::LogIndex(match),
          .conflict_term = {},
          .rejected_previous = {},
          .round = round};
}
inline raft::AppendReply refused_after(std::uint64_t previous, std::uint64_t hint,
                                       std::uint64_t term) {
  return {.success = false,
          .match = raft::LogIndex(hint),
          .conflict_term = raft::Term(term),
          .rejected_previous = raft::LogIndex(previous),
          .round = 0};
}
inline raft::Vote vote(std::uint64_t last_index, std::uint64_t last_term) {
  return {raft::LogIndex(last_index), raft::Term(last_term), false};
}
inline raft::Propose command() { return {1, raft::EntryKind::kBatch, "x"}; }

inline raft::InstallSnapshot chunk(std::uint64_t index, std::uint64_t term, std::uint64_t sequence,
                                   bool is_last) {
  return {.meta = {.index = raft::LogIndex(index),
                   .term = raft::Term(term),
                   .membership = {base::ClusterId(7),
                                  {{raft::NodeId(1), "a:1", true},
                                   {raft::NodeId(2), "a:1", true},
                                   {raft::NodeId(3), "a:1", true}}},
                   .generation = 3},
          .sequence = sequence,
          .is_last = is_last,
          .bytes = "rows"};
}
// The state worker's answer.
inline raft::SnapshotStored stored(std::uint64_t index, std::uint64_t sequence, bool is_last) {
  return {raft::LogIndex(index), sequence, is_last};
}

}  // namespace raft_test
