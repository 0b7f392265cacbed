// The inside of raft::Raft: the state of figure 2 and one method group per chapter, each in a file
// of its own (election.cpp, replication.cpp, follower.cpp, quorum.cpp, read_index.cpp,
// snapshot.cpp, transfer.cpp, membership.cpp, outbox.cpp). Invariants are CHECKed where the state
// changes (invariants.cpp): term and commit never go back, no truncation at or below commit, a vote
// is never changed within a term.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "raft/log.h"
#include "raft/progress.h"
#include "raft/raft.h"

namespace raft {

class Raft::Core {
 public:
  Core(Options options, Restored restored);

  Output step(base::Instant now, Input input);
  [[nodiscard]] base::Instant next_deadline() const;

  // ---- figure 2: state ----
  Options options_;
  base::Prng prng_;
  base::Instant now_{};
  bool has_started_ = false;
  base::Instant started_{};
  Role role_ = Role::kFollower;
  HardState hard_;
  NodeId leader_;
  Log log_;
  LogIndex commit_;
  LogIndex applied_;
  SnapshotMeta checkpoint_;
  LogIndex discardable_;

  // ---- membership.cpp ----
  struct MembershipAt {
    LogIndex index;
    Membership membership;
  };
  std::vector<MembershipAt> memberships_;  // front: at or before the log's base; back: in force
  [[nodiscard]] const Membership& membership() const { return memberships_.back().membership; }
  [[nodiscard]] bool is_voter(NodeId id) const;
  [[nodiscard]] bool is_sole_voter() const;
  void adopt_membership(const Entry& entry);
  void undo_memberships_from(LogIndex index);
  void membership_changed();
  [[nodiscard]] Role resting_role() const {
    return is_voter(options_.self) || membership().members.empty() ? Role::kFollower
                                                                   : Role::kLearner;
  }

  // ---- election.cpp ----
  base::Instant election_deadline_{};
  base::Instant leader_heard_{};  // last contact of a leader; epoch start: never
  bool has_heard_leader_ = false;
  unsigned failed_rounds_ = 0;
  std::set<NodeId> votes_;
  std::uint64_t self_vote_sequence_ =
      0;  // persist that holds the own vote; 0: durable or not voting
  void tick_election();
  void reset_election_deadline();
  void start_pre_vote();
  void start_election(bool is_transfer);
  void become_follower(Term term, NodeId leader);
  void become_leader();
  void count_votes();
  [[nodiscard]] bool is_protecting_leader() const;
  [[nodiscard]] bool is_up_to_date(LogIndex last_index, Term last_term) const;
  void on(const Message& message, const PreVote& body);
  void on(const Message& message, const PreVoteReply& body);
  void on(const Message& message, const Vote& body);
  void on(const Message& message, const VoteReply& body);

  // ---- replication.cpp (leader) ----
  std::map<NodeId, Progress> peers_;
  base::Instant heartbeat_deadline_{};
  std::size_t uncommitted_bytes_ = 0;
  std::deque<std::pair<LogIndex, std::size_t>> uncommitted_;  // own proposals not yet committed
  std::vector<EntryPtr> read_back_;                           // entries that came back from storage
  LogIndex read_back_pending_;  // first index asked for; none: nothing asked
  void propose(Propose& proposal);
  void append_own(EntryKind kind, std::string payload);
  void replicate_all();
  void replicate(NodeId id, Progress& peer);
  bool send_entries(NodeId id, Progress& peer);
  void send_heartbeats();
  [[nodiscard]] bool has_arrived(const Progress& peer) const;
  void send_again_or_ask(NodeId id, Progress& peer);
  void tick_leader();
  void on_peer_lost(NodeId peer);
  [[nodiscard]] std::vector<EntryPtr> entries_for(const Progress& peer);
  void on_entries_read(EntriesRead& input);
  void on(const Message& message, const AppendReply& body);
  void on(const Message& message, const HeartbeatReply& body);

  // ---- follower.cpp ----
  void on(const Message& message, const Append& body);
  void on(const Message& message, const Heartbeat& body);
  void accept_entries(const Message& message, const Append& body);
  void reject_append(const Message& message, const Append& body);
  void truncate_from(LogIndex index);
  void commit_to(LogIndex index);

  // ---- quorum.cpp ----
  LogIndex durable_;  // of the own log
  struct PendingPersist {
    std::uint64_t sequence = 0;
    LogIndex last;
  };
  std::deque<PendingPersist> pending_persists_;
  std::uint64_t persist_sequence_ = 0;
  void on_durable(std::uint64_t sequence);
  void advance_commit();
  void shrink_cache();
  [[nodiscard]] bool has_majority(const std::set<NodeId>& ids) const;
  [[nodiscard]] bool has_heard_majority() const;

  // ---- read_index.cpp ----
  struct Ticket {
    std::uint64_t id = 0;
    LogIndex arrived_last;
  };
  std::vector<Ticket> tickets_waiting_;  // for the next round (or the own term's first commit)
  std::vector<Ticket> tickets_in_round_;
  std::uint64_t round_ = 0;            // the last one begun
  std::uint64_t round_in_flight_ = 0;  // 0: none
  LogIndex round_index_;
  void on_ticket(std::uint64_t id);
  void begin_round();
  void end_round_if_answered();
  void grant_by_commit();
  void refuse_tickets();
  [[nodiscard]] bool has_committed_own_term() const;

  // ---- snapshot.cpp ----
  struct Install {
    SnapshotMeta meta;
    NodeId leader;
    std::uint64_t next_sequence = 0;
    bool is_writing = false;
    bool is_finishing = false;
  };
  std::optional<Install> install_;
  void on_checkpointed(const SnapshotMeta& meta);
  void update_discardable();
  void start_snapshot(NodeId id, Progress& peer);
  void end_snapshot(NodeId id, Progress& peer);
  void read_chunk(NodeId id, Progress& peer, std::uint64_t sequence);
  void on_chunk(SnapshotChunk& chunk);
  void on_stored(const SnapshotStored& stored);
  void tick_snapshots();
  void on(const Message& message, const InstallSnapshot& body);
  void on(const Message& message, const InstallSnapshotReply& body);

  // ---- transfer.cpp ----
  NodeId transfer_target_;
  base::Instant transfer_deadline_{};
  bool is_timeout_now_sent_ = false;
  void start_transfer(NodeId target);
  void advance_transfer();
  void on(const Message& message, const TimeoutNow& body);

  // ---- outbox.cpp ----
  Output out_;
  Persist persist_;  // of this step
  bool has_persist_ = false;
  RoleChange told_;
  bool must_tell_role_ = true;
  void on_message(Message& message);
  void dispatch(Input& input);
  void send(NodeId to, Body body);
  void send_after_durable(NodeId to, Body body);
  void persist_hard_state();
  void finish_step();
  void note(std::string text) { out_.notes.push_back(std::move(text)); }

  // ---- invariants.cpp ----
  HardState checked_hard_;
  LogIndex checked_commit_;
  void check_invariants();
};

// "n1a2b3c4": how notes and log lines name a node.
[[nodiscard]] std::string short_name(NodeId id);

}  // namespace raft
