// What a leader knows of one follower, and how it sends to it: probe (one append at a time until
// the logs agree), replicate (a bounded pipeline), snapshot (chunks, one at a time).
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/time.h"
#include "raft/message.h"

namespace raft {

enum class SendState : std::uint8_t { kProbe, kReplicate, kSnapshot };

struct Inflight {
  LogIndex last;
  std::size_t bytes = 0;
};

struct Progress {
  LogIndex match;  // known equal and durable there
  LogIndex next;   // first entry to send
  SendState state = SendState::kProbe;
  bool is_probe_sent = false;  // kProbe: waits for the answer or a heartbeat's
  LogIndex probe_last;         // kProbe: last entry of the probe under way, and its size
  std::size_t probe_bytes = 0;
  base::Instant probe_sent{};
  base::Instant asked{};   // for an acknowledgement of what has arrived, again
  LogIndex reported_last;  // where its log ended, durable or not, as its last heartbeat reply said
  std::deque<Inflight> inflight;  // kReplicate
  std::uint64_t round = 0;        // highest read round it has answered
  base::Instant bound_until{};    // by this clock, drift deducted: it votes for nobody before
  bool is_forgetful = false;      // amnesia.cpp: match counts for nothing before recall_to
  LogIndex recall_from, recall_to;
  std::uint64_t recall_nonce = 0;
  base::Instant heard{};       // last message from it in this term; a new leader's credit
  base::Instant sent{};        // last message to it
  base::Instant progressed{};  // when match last moved or the pipeline was last empty
  // A learner's round of catching up (thesis 4.2.1): it is to have what the log had when it began.
  LogIndex round_end;
  base::Instant round_began{};
  // kSnapshot
  LogIndex snapshot_index;  // of the stream; none until its first chunk is read
  std::uint64_t chunk_wanted = 0;
  bool is_chunk_read_pending = false;
  std::optional<InstallSnapshot> chunk_unanswered;
  base::Instant chunk_begun{}, chunk_sent{};  // the first time, the last time

  // Forgets what is under way and finds the common end of the logs again.
  void probe_again() {
    state = SendState::kProbe;
    next = is_forgetful ? std::max(match.next(), recall_from) : match.next();
    inflight.clear();
    is_probe_sent = false;
  }
};

}  // namespace raft
