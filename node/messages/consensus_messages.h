// What the service and the consensus machine say to each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "node/messages/applied_report.h"
#include "node/messages/batch_messages.h"
#include "node/messages/cluster_requests.h"
#include "node/messages/cluster_view.h"
#include "node/messages/forward_messages.h"
#include "node/messages/pubsub_messages.h"
#include "raft/raft.h"

namespace node {

using base::GroupId;

// -- service -> consensus
struct AskRead {
  GroupId group;
  std::uint64_t id = 0;
  bool is_by_round = false;  // no lease is evidence for those who wait for it
};                           // answered by ReadReady or ReadDenied
struct AppliedUpTo {
  GroupId group;
  LogIndex index;
};  // coalesces; frees the apply window
// `target` none: the best candidate. Answered by TransferDone. (CLUSTER FAILOVER, SIGTERM)
struct BeginTransfer {
  GroupId group;
  NodeId target;
};
// Answers Lease without `until`: nothing is read by the one before it any more.
struct LeaseEnded {
  GroupId group;
  std::uint64_t number = 0;
};
// Answers AreYouThere, at the end of the turn that found it.
struct HereIAm {
  GroupId group;
  std::uint64_t number = 0;
};
// Keys that clients used here (engine/engine.h take_uses), for the members' eviction: a hint, lost
// when a link does not move. Answered by nobody.
struct TellUses {
  GroupId group;
  std::string uses;
};
// Where clients and peers find this node; told to peers.
struct Announcement {
  std::string host;  // cluster-announce-ip, empty: as peers dial it
  std::uint16_t client_port = 0;
  std::uint16_t raft_port = 0;
  std::string hostname;                             // cluster-announce-hostname
  std::uint16_t plain_port = 0, sentinel_port = 0;  // 0: no such door
};
// It has changed (CONFIG SET).
struct Announce {
  GroupId group;
  Announcement announcement;
};
// Clients wait for followers to have the entry (WAIT). Answered by Progress: at once, and whenever
// a follower has more, until all have it or this node does not lead.
struct WatchProgress {
  GroupId group;
  std::uint64_t id = 0;  // the newest counts
  LogIndex index;
};
using ToConsensus =
    std::variant<ProposeBatch, AskRead, AppliedUpTo, BeginTransfer, LeaseEnded, HereIAm, TellUses,
                 TellApplied, TellPubsub, PubsubTaken, Announce, ClusterRequest, WatchProgress,
                 Dissolved, ForwardBatch, AnswerForward>;

// -- consensus -> service
// Role, term or leader changed. The service serves writes and default reads only as kLeader.
struct Leadership {
  GroupId group;
  Term term;
  raft::Role role = raft::Role::kFollower;
  NodeId leader;
  bool is_sole_voter = false;
  bool was_handed_over = false;  // kLeader: by the one before, whose node lives
};
// The membership in force where the service begins (at start, at birth): goes into its checkpoints'
// meta. Later ones reach it as applied kMembership entries or in StateReplaced.
struct BaseMembership {
  GroupId group;
  raft::Membership membership;
  bool is_catching_up = false;  // CaughtUp follows
};
// Entries up to there may have been applied by this node before it started, so what they tell
// clients besides replies is not told again. Until this comes it is so of all entries.
struct CaughtUp {
  GroupId group;
  LogIndex index;
};
// Committed entries in order, contiguous; the consensus machine keeps at most
// limits::kApplyWindowBytesMax of them un-applied.
struct Committed {
  GroupId group;
  std::vector<raft::EntryPtr> entries;
  LogIndex commit;
};
struct ReadReady {
  GroupId group;
  std::uint64_t id = 0;
  LogIndex index;
};  // answer when applied >= index
struct ReadDenied {
  GroupId group;
  std::uint64_t id = 0;
};  // not the leader (any more)
// As raft::Lease: reads of a serving leader need no evidence before `until`.
struct Lease {
  GroupId group;
  raft::Lease lease;
};
// A snapshot was installed in the state store: throw the engine away and load it again; Committed
// goes on after meta.index.
struct StateReplaced {
  GroupId group;
  raft::SnapshotMeta meta;
};
// This node, the leader, has begun to hand over; TransferDone follows within that time.
struct TransferBegun {
  GroupId group;
  base::Duration within{};
};
struct TransferDone {
  GroupId group;
  bool is_done = false;
  std::string detail;
};

// What the followers have in their logs, durably.
struct Progress {
  GroupId group;
  std::uint64_t id = 0;  // of the newest WatchProgress that was taken
  std::vector<std::pair<NodeId, LogIndex>> matches;
};
struct ClusterRequestDone {
  GroupId group;
  std::uint64_t id = 0;
  std::string error;  // a reply without the dash; empty: done
};
// This node is a member of no cluster (any more), and serves nothing; `why` is for its clients.
struct LeftCluster {
  GroupId group;
  std::string why;
};

// The disk is full (or has room again): the node acknowledges nothing meanwhile.
struct DiskState {
  bool is_full = false;
  std::string detail;
};
// Whether the service still takes its mail (service_watch.h).
struct AreYouThere {
  std::uint64_t number = 0;
};
// What another member told with TellUses.
struct UsesTold {
  GroupId group;
  std::string uses;
};
using FromConsensus =
    std::variant<Leadership, BaseMembership, CaughtUp, BatchProposed, BatchRefused, Committed,
                 ReadReady, ReadDenied, Lease, StateReplaced, TransferBegun, TransferDone,
                 ClusterView, DiskState, AreYouThere, UsesTold, AppliedTold, PubsubTold,
                 PubsubLinked, PubsubLost, ClusterRequestDone, LeftCluster, Progress,
                 BatchForwarded, ForwardAnswered>;

}  // namespace node
