// What a node shows of its cluster (CLUSTER NODES, INFO and the like): consensus tells it the
// service.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "raft/raft.h"

namespace node {

using base::LogIndex;
using base::NodeId;
using base::Term;

// What a node shows of its cluster; sent when something in it changed, at most some times a second.
struct PeerView {
  NodeId id;
  std::string host;  // announced, or as its peers dial it
  std::uint16_t client_port = 0, plain_port = 0, sentinel_port = 0;  // 0: no such door
  std::uint16_t raft_port = 0;
  std::string hostname;  // announced, may be empty
  bool is_self = false, is_voter = true, is_connected = false;
  bool wants_vote = true;       // raft-voter, as it said when it was connected last
  LogIndex match;               // known by the leader
  LogIndex lag_entries;         // leader: last index - match
  std::uint64_t lag_bytes = 0;  // leader: of these entries, about
  std::int64_t heard_ms_ago = -1;
  std::uint64_t epoch = 0;  // its current run; 0 unknown
};
struct ClusterView {
  base::ClusterId cluster;
  bool is_born = false;
  std::string waiting_for;      // before birth: in words, who is missing
  std::vector<PeerView> peers;  // all members, self included, ordered by id
  Term term;
  NodeId leader;  // last known, kept during elections
  raft::Role role = raft::Role::kFollower;
  std::string change;  // of the members, not known to be committed: "promote:ID"; empty: none
  LogIndex commit, last, snapshot;
  std::uint64_t log_bytes = 0;     // on disk
  std::uint64_t logged_bytes = 0;  // of all entries written to it in this run
  std::uint64_t elections = 0, snapshots_sent = 0, snapshots_installed = 0;
  std::uint64_t service_stalls = 0;  // of this node, in this run
};

}  // namespace node
