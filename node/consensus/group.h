// Drives one raft group: gives the core its inputs and carries out what it asks for (log, state,
// peers, service). What needs a memory of its own is a chapter of its own: what the log worker was
// asked (GroupLog), what the service was given (Delivery), other members' batches (MemberBatches),
// the hand-over of leadership (LeadershipTransfer), checkpoints on their way (SnapshotTraffic).
// Never waits. Thread: consensus.
#pragma once

#include <string>
#include <vector>

#include "node/consensus/delivery.h"
#include "node/consensus/group_log.h"
#include "node/consensus/leadership_transfer.h"
#include "node/consensus/member_batches.h"
#include "node/consensus/snapshot_traffic.h"
#include "node/messages/consensus_output.h"

namespace node {

class Group {
 public:
  // `sequence`: of the last LogAppend already made for this group. `wants_vote`: raft-voter; a node
  // that wishes to be no voter and leads hands over.
  Group(raft::Options options, raft::Restored restored, std::uint64_t sequence, bool wants_vote);

  // ---- inputs; each takes effect at once ----
  void start(base::Instant now);
  void receive(base::Instant now, raft::Message message);
  void receive(base::Instant now, ToConsensus message);
  void receive(base::Instant now, FromLog message);
  void receive(base::Instant now, FromState message);
  // What concerns the core alone (raft/events.h): changes and wishes of the members, lost peers,
  // campaigns, whether this node may lead.
  void step(base::Instant now, raft::Input input);
  // Empty: it has begun.
  [[nodiscard]] std::string begin_transfer(base::Instant now, NodeId target);
  // Of a cluster of one; false: not now. The service says what came of it.
  [[nodiscard]] bool dissolve(base::Instant now, std::string payload);

  // What has come of the inputs since the last turn, besides what goes to the other machines.
  struct News {
    std::vector<raft::Message> messages;
    std::vector<GuestBatch> taken_batches;  // of members, in the log now
    std::vector<raft::Changed> changes;     // of the members: answers to raft::ChangeMembership
    bool has_changed = false;               // role, term, leader or membership
  };
  // Ticks when due, delivers what is committed and empties what has gathered into `out`.
  [[nodiscard]] News finish_turn(base::Instant now, ConsensusOutput& out);
  [[nodiscard]] base::Instant next_deadline() const;

  [[nodiscard]] const raft::Raft& raft() const { return raft_; }
  // What this node has promised, durably; said to the others now and then.
  [[nodiscard]] const Promise& promised() const { return log_.promised(); }
  struct Counters {
    std::uint64_t elections = 0, snapshots_sent = 0, snapshots_installed = 0, log_bytes = 0;
    std::uint64_t logged_bytes = 0;  // of all entries appended in this run
  };
  [[nodiscard]] Counters counters() const;

 private:
  // ---- of the core ----
  void carry_out(raft::Output& out);
  void carry_out_answers(raft::Output& out);
  void on_role(const raft::RoleChange& change);
  void tell_leadership();

  // ---- of the service and the log ----
  void on(ProposeBatch& message);
  void on(const AppliedUpTo& message);
  void on(const BeginTransfer& message);
  void on(const LogDurable& message);
  void on(const LogVoted& message);
  void on(LogEntries& message);
  void on(const LogSpace& message);

  // ---- at the end of a turn ----
  void tell_commits();
  void hand_leadership_over();
  void deliver();

  void say(LogLevel level, std::string text) { out_.lines.push_back({level, std::move(text)}); }
  template <class Message>
  void tell_service(Message message) {
    out_.to_service.emplace_back(std::move(message));
  }

  GroupId id_;
  NodeId self_;
  raft::Membership base_membership_;
  raft::Raft raft_;
  GroupLog log_;
  Delivery delivery_;
  MemberBatches member_batches_;
  LeadershipTransfer transfer_;
  SnapshotTraffic snapshots_;

  base::Instant now_{};
  ConsensusOutput out_;  // gathered since the last turn
  News news_;            // likewise
  raft::RoleChange role_;
  bool is_dissolving_ = false;
  std::uint64_t elections_ = 0, log_bytes_ = 0;
  std::uint64_t refusals_ = 0;  // see BatchRefused
};

}  // namespace node
