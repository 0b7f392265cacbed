// What one raft group has asked of the log worker and has no answer to yet.
//
// Appends go to the disk in order. What an append promises (a vote, an acknowledgement) leaves when
// it is durable and not before; a vote promises nothing of entries and may leave ahead of them.
// Invariant: the log storage can read entries up to durable_last(), and none behind it. Answers to
// reads come in the order of the questions. Values; thread: consensus.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "node/messages/disk_messages.h"
#include "node/peers/promises.h"
#include "raft/raft.h"

namespace node {

class GroupLog {
 public:
  // `sequence`: of the last LogAppend already made for this group.
  GroupLog(GroupId group, std::uint64_t sequence, const raft::Restored& restored);

  // ---- appends ----
  // `hard_state`: the core's, now that it has asked for this.
  [[nodiscard]] LogAppend append(raft::Persist& persist, const raft::HardState& hard_state);
  struct Written {
    std::uint64_t raft_sequence = 0;      // for raft::Durable
    std::vector<raft::Message> messages;  // may leave, before the core is told
  };
  // The next append that is durable now that all up to `sequence` are; nullopt: there is no other.
  [[nodiscard]] std::optional<Written> take_written(std::uint64_t sequence);
  // The votes of all appends up to `sequence`, which are durable though their entries are not.
  [[nodiscard]] std::vector<raft::Message> take_votes(std::uint64_t sequence);

  // ---- reads ----
  enum class ReadFor { kCore, kDelivery };
  // What is asked for beyond durable_last() is in the core's cache and not read.
  [[nodiscard]] LogRead read(ReadFor purpose, LogIndex first, LogIndex last, std::size_t bytes_max);
  // An answer has come: to the oldest question.
  [[nodiscard]] ReadFor take_read();
  [[nodiscard]] bool is_reading_for_delivery() const { return is_reading_for_delivery_; }

  // nullopt: nothing more than before.
  [[nodiscard]] std::optional<LogDiscard> discard(LogIndex through);

  // What this node has promised, durably.
  [[nodiscard]] const Promise& promised() const { return promised_; }
  [[nodiscard]] LogIndex durable_last() const { return durable_last_; }
  // Of all entries appended in this run.
  [[nodiscard]] std::uint64_t logged_bytes() const { return logged_bytes_; }

 private:
  struct Writing {  // an append on its way to the disk
    std::uint64_t sequence = 0, raft_sequence = 0;
    LogIndex last;  // of the log when it is durable
    Promise promise;
    std::vector<raft::Message> after_durable;
  };
  [[nodiscard]] LogIndex last_after(const raft::Persist& persist);

  GroupId group_;
  std::uint64_t sequence_;
  std::deque<Writing> writing_;
  LogIndex durable_last_;
  Promise promised_;
  std::deque<ReadFor> reads_;
  bool is_reading_for_delivery_ = false;
  LogIndex discarded_;
  std::uint64_t logged_bytes_ = 0;
};

}  // namespace node
