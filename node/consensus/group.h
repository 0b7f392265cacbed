// Drives one raft group: carries out what the core asks for (log, state, peers, service) and hands
// committed entries to the service in order, at most kApplyWindowBytesMax ahead of what it has
// applied. Messages that promise something leave only when the log worker has said that it is
// durable. Never waits. Thread: consensus.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "node/consensus/consensus.h"
#include "node/peers/promises.h"

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
  void on_peer_lost(base::Instant now, NodeId peer);

  // ---- of the members; see raft/events.h ----
  void change_members(base::Instant now, raft::ChangeMembership change);
  [[nodiscard]] std::vector<raft::Changed> take_changed_members() {
    return std::exchange(changed_members_, {});
  }
  // Empty: it has begun.
  [[nodiscard]] std::string begin_transfer(base::Instant now, NodeId target);
  void campaign(base::Instant now);
  void set_may_lead(base::Instant now, bool may_lead);
  void on_wish(base::Instant now, raft::PeerWish wish);
  // Of a cluster of one; false: not now. The service says what came of it.
  [[nodiscard]] bool dissolve(base::Instant now, std::string payload);

  // The member has clients that wait for that entry of this leader: it is told at once when it is
  // committed and the member has it.
  void tell_commit(NodeId member, LogIndex index) { waiting_members_[member].index = index; }

  // Ticks when due, delivers what is committed and empties what has gathered into `out` and
  // `messages`.
  void finish_turn(base::Instant now, ConsensusOutput& out, std::vector<raft::Message>& messages);
  [[nodiscard]] base::Instant next_deadline() const;

  [[nodiscard]] const raft::Raft& raft() const { return raft_; }
  // What this node has promised, durably; said to the others now and then.
  [[nodiscard]] const Promise& promised() const { return promised_; }
  // What its log holds, or will when what is under way is written.
  [[nodiscard]] Holding holding() const;
  // True once after each change of role, term, leader or membership.
  [[nodiscard]] bool take_changed() { return std::exchange(has_changed_, false); }
  struct Counters {
    std::uint64_t elections = 0, snapshots_sent = 0, snapshots_installed = 0, log_bytes = 0;
    std::uint64_t logged_bytes = 0;  // of all entries appended in this run
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  static constexpr std::uint64_t kDissolveProposal = ~std::uint64_t{0};  // no batch has that number

  struct Writing {  // an append on its way to the disk
    std::uint64_t sequence = 0, raft_sequence = 0;
    LogIndex last;  // of the log when it is durable
    Promise promise;
    std::vector<raft::Message> after_durable;
  };
  struct Handed {
    LogIndex index;
    std::size_t bytes = 0;
  };  // to the service, not applied yet
  enum class ReadFor { kCore, kApply };

  void step(raft::Input input);
  void carry_out(raft::Output& out);
  void carry_out_persist(raft::Persist& persist);
  [[nodiscard]] Promise promise_of(const raft::Persist& persist) const;
  void carry_out_snapshots(raft::Output& out);
  void carry_out_answers(raft::Output& out);
  void on_role(const raft::RoleChange& change);
  void tell_leadership();

  void on(ProposeBatch& message);
  void on(const AskRead& message);
  void on(const AppliedUpTo& message);
  // These go not through the group.
  void on(const HereIAm&) {}
  void on(const TellUses&) {}
  void on(const TellApplied&) {}
  void on(const TellPubsub&) {}
  void on(const PubsubTaken&) {}
  void on(const WatchProgress&) {}
  void on(const ForwardBatch&) {}
  void on(const AnswerForward&) {}
  void on(const Announce&) {}
  void on(const ClusterRequest&) {}
  void on(const Dissolved&) {}
  void on(const BeginTransfer& message);
  void on(const LeaseEnded& message) { step(raft::LeaseEnded{message.number}); }
  void on(const LogDurable& message);
  void on(const LogVoted& message);
  void on(LogEntries& message);
  void on(const LogSpace& message);
  void on(const RowsWritten&) {}
  void on(const CheckpointDone& message);
  void on(const CheckpointFailed&) {}
  void on(const LoadedPage&) {}
  void on(StreamChunk& message);
  void on(const StreamFailed& message);
  void on(const ChunkStored& message);

  void tell_commits();
  void deliver();
  void hand_over(std::vector<raft::EntryPtr> entries);
  void look_whether_caught_up();
  void read_log(ReadFor purpose, LogIndex first, LogIndex last, std::size_t bytes_max);
  void finish_transfer(bool is_done, std::string detail);
  void tick_transfer();
  void hand_leadership_over_if_full();
  void hand_leadership_over_if_unwilling();
  void say(LogLevel level, std::string text) { out_.lines.push_back({level, std::move(text)}); }
  template <class Message>
  void tell_service(Message message) {
    out_.to_service.emplace_back(std::move(message));
  }

  GroupId id_;
  NodeId self_;
  raft::Membership base_membership_;
  base::Duration election_timeout_min_;
  base::Duration heartbeat_interval_;
  bool wants_vote_;
  raft::Raft raft_;
  base::Instant now_{};
  ConsensusOutput out_;  // gathered since the last turn
  std::vector<raft::Message> messages_;

  std::uint64_t sequence_;
  std::deque<Writing> writing_;
  LogIndex durable_last_;  // the log storage holds entries up to here
  Promise promised_;
  std::deque<ReadFor> reads_;  // asked of the log worker, in order
  bool is_apply_read_pending_ = false;

  LogIndex delivered_;
  Term delivered_term_;  // of that entry
  struct Heard {
    Term term;
    LogIndex commit;
  };
  Heard heard_;  // in the latest append
  bool is_caught_up_ = false;
  std::deque<Handed> handed_;
  std::size_t handed_bytes_ = 0;

  struct WaitingMember {
    LogIndex index;  // the newest entry that it waits for
    LogIndex told;   // it knows that all up to there is committed
  };
  std::map<NodeId, WaitingMember> waiting_members_;

  raft::RoleChange role_;
  std::optional<base::Instant> transfer_deadline_;
  std::vector<raft::Changed> changed_members_;
  bool is_dissolving_ = false;
  bool is_disk_full_ = false;
  base::Instant hand_over_again_{};
  LogIndex discarded_;
  bool has_changed_ = false;
  Counters counters_;
};

}  // namespace node
