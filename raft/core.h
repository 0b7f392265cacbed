// The inside of raft::Raft: the state of figure 2 and a method group per chapter, each in a file of
// its own. CHECKed in invariants.cpp: terms and commit never go back, a term's vote never changes.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/prng.h"
#include "raft/lease.h"
#include "raft/log.h"
#include "raft/progress.h"
#include "raft/raft.h"
#include "raft/read_index.h"
#include "raft/under_way.h"

namespace raft {

class Raft::Core {
 public:
  Core(Options options, Restored restored);

  Output step(base::Instant now, Input input);
  [[nodiscard]] base::Instant next_deadline() const;

  // ---- figure 2: state ----
  Options options_;
  base::Prng prng_;
  base::Instant now_{}, started_{};
  bool has_started_ = false;
  Role role_ = Role::kFollower;
  HardState hard_;
  NodeId leader_;
  Log log_;
  LogIndex commit_, applied_;
  SnapshotMeta checkpoint_;
  LogIndex discardable_;

  // ---- membership.cpp ----
  std::vector<MembershipAt> memberships_;  // front: at or before the log's base; back: in force
  [[nodiscard]] const Membership& membership() const { return memberships_.back().membership; }
  [[nodiscard]] bool is_voter(NodeId id) const;
  [[nodiscard]] bool is_sole_voter() const;
  std::set<NodeId> unwilling_;          // peers that wish to be no voters
  std::set<NodeId> refused_demotions_;  // said in this term
  [[nodiscard]] bool wants_vote(NodeId id) const { return !unwilling_.contains(id); }
  void on_wish(const PeerWish& wish);
  [[nodiscard]] const Membership& committed_membership() const;
  void adopt_membership(const Entry& entry);
  void undo_memberships_from(LogIndex index);
  void membership_changed();
  std::optional<PendingChange> pending_change_;   // appended, not committed
  std::optional<std::uint64_t> removal_of_self_;  // waits for the outcome of a transfer
  void change_membership(ChangeMembership& change);
  void answer_change(std::uint64_t id, std::optional<ChangeRefusal> refusal);
  [[nodiscard]] std::optional<ChangeRefusal> objection_to_change() const;
  [[nodiscard]] Changing changed_by(const AddLearner& change) const;
  [[nodiscard]] Changing changed_by(const PromoteLearner& change) const;
  [[nodiscard]] Changing changed_by(const DemoteVoter& change) const;
  [[nodiscard]] Changing changed_by(const RemoveMember& change) const;
  [[nodiscard]] Changing changed_by(const SetAddress& change) const;
  [[nodiscard]] Changing changed_by(const ReplaceMember& change) const;
  [[nodiscard]] Changing without(NodeId id, Membership next) const;
  [[nodiscard]] Changing if_it_can_go_on(Membership next) const;
  void append_membership(Membership membership, PendingChange pending);
  void remove_self(std::uint64_t id);
  void promote_or_demote(NodeId id, Progress& peer);
  void promote_if_level(NodeId id, Progress& peer);
  void demote(NodeId id);
  void end_changes();
  void lose_changes();
  void leave_if_removed();
  // A voter, or one until the removal that its log says is committed (thesis 4.2.2).
  [[nodiscard]] bool may_stand() const;
  [[nodiscard]] Role resting_role() const {
    return may_stand() || membership().members.empty() ? Role::kFollower : Role::kLearner;
  }
  // ---- election.cpp ----
  base::Instant election_deadline_{};
  base::Instant leader_heard_{};  // last contact of a leader; epoch start: never
  bool has_heard_leader_ = false;
  unsigned failed_rounds_ = 0;
  bool may_lead_ = true;
  void set_may_lead(bool may_lead);
  std::set<NodeId> votes_, doubtful_votes_;
  bool is_by_transfer_ = false;           // the last election that this node stood for
  std::uint64_t self_vote_sequence_ = 0;  // persist that holds the own vote; 0: durable or none
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

  // ---- amnesia.cpp ----
  bool has_amnesia_ = false;
  std::uint64_t recall_nonce_ = 0;
  std::optional<LogIndex> recall_to_;  // as the leader of this term has said
  void begin_amnesia();
  void ask_for_recall();
  void recall_up_to(LogIndex match);
  void end_amnesia(std::string why);
  [[nodiscard]] bool has_won() const;
  void add_vote(NodeId from, bool is_doubtful);
  void clear_votes();
  void on(const Message& message, const Recall& body);
  void on(const Message& message, const RecallReply& body);

  // ---- replication.cpp (leader) ----
  std::map<NodeId, Progress> peers_;
  base::Instant heartbeat_deadline_{};
  base::Instant credit_{};  // peers are taken as heard then until they are
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
  void send_heartbeat(NodeId id, Progress& peer);
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
  [[nodiscard]] bool contradicts(const Append& body) const;
  void reject_append(const Message& message, const Append& body);
  void truncate_from(LogIndex index);
  void commit_to(LogIndex index);

  // ---- quorum.cpp ----
  LogIndex durable_;  // of the own log
  std::deque<PendingPersist> pending_persists_;
  std::uint64_t persist_sequence_ = 0;
  void on_durable(std::uint64_t sequence);
  void advance_commit();
  void shrink_cache();
  [[nodiscard]] const Progress& progress_of(NodeId other) const;  // leader: of any other member
  [[nodiscard]] bool has_majority(const std::set<NodeId>& ids) const;
  [[nodiscard]] bool has_heard_majority() const;
  [[nodiscard]] bool is_heard(const Progress& peer) const;

  // ---- read_index.cpp ----
  Reads reads_;
  void on_ticket(const Ticket& ticket);
  void ask_leader();
  void grant(const Ticket& ticket, LogIndex index);
  void refuse(const Ticket& ticket);
  void send_applied_grants();
  // How far followers are told that all is committed. Whoever reads here by a lease must see no
  // less than anybody was shown elsewhere, so with leases none applies what is not applied here.
  [[nodiscard]] LogIndex tellable_commit() const {
    return options_.uses_leases ? std::min(commit_, applied_) : commit_;
  }
  void begin_round();
  void end_round_if_answered();
  void grant_by_commit();
  void refuse_tickets();
  void refuse_tickets_of_former_leader();
  void on(const Message& message, const ReadIndex& body);
  void on(const Message& message, const ReadIndexReply& body);
  [[nodiscard]] bool has_committed_own_term() const;

  // ---- lease.cpp ----
  LeaseState lease_;
  void on_bound(Progress& peer, const HeartbeatReply& body);
  void renew_lease();
  void revoke_lease();

  // ---- snapshot.cpp ----
  std::optional<Install> install_;
  void on_checkpointed(const SnapshotMeta& meta);
  void update_discardable();
  [[nodiscard]] bool is_heard_lately(const Progress& peer) const;
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
  [[nodiscard]] NodeId best_successor() const;
  void advance_transfer();
  void on(const Message& message, const TimeoutNow& body);

  // ---- outbox.cpp ----
  Output out_;
  Persist persist_;  // of this step
  bool has_persist_ = false, must_tell_role_ = true;
  RoleChange told_;
  void on_message(Message& message);
  void disbelieve(NodeId from, const std::string& claim);
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
