// Whether the bytes of one session are parsed now: for what it waits meanwhile, whether its turn is
// to come, whether the driver reads from its socket. The chapter Stalls keeps the queue and the
// lists of those that wait. Invariants: a session that stands in the queue is not put there again;
// the first command that waits for a leader sets the deadline of all behind it.
#pragma once

#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/time.h"

namespace node {

// Why a session parses no further for now. Its bytes stay unread, so order is kept.
enum class Stall : std::uint8_t {
  kNone,
  kBarrier,     // until its operations are answered
  kLeader,      // until there is a leader to serve or to name, at most until `leader_deadline`
  kBatchFull,   // until the open batch is sealed
  kQueueFull,   // until some operations are answered
  kPaused,      // CLIENT PAUSE
  kOutputFull,  // until its client has read some of what it is owed
  kWaiting,  // a command under way (WAIT, SAVE, DEBUG RELOAD, CONFIG SET of a replicated setting)
};

class SessionParsing {
 public:
  // ---- stalls ----
  [[nodiscard]] Stall stall() const { return stall_; }
  [[nodiscard]] bool is_stalled() const { return stall_ != Stall::kNone; }
  void stop(Stall reason) {
    CHECK(reason != Stall::kNone);
    stall_ = reason;
  }
  void go_on() { stall_ = Stall::kNone; }

  // ---- the wait for a leader ----
  // `deadline`: of the first command that has to wait; those behind it have no more time.
  void expect_leader_by(base::Instant deadline) {
    if (!std::exchange(expects_leader_, true)) leader_deadline_ = deadline;
  }
  void on_leader() { expects_leader_ = false; }
  [[nodiscard]] base::Instant leader_deadline() const { return leader_deadline_; }

  // ---- its turn ----
  // True: it was not in the queue.
  [[nodiscard]] bool enqueue() { return !std::exchange(is_queued_, true); }
  void dequeue() { is_queued_ = false; }
  [[nodiscard]] bool is_queued() const { return is_queued_; }

  // ---- the driver ----
  [[nodiscard]] bool is_paused() const { return is_paused_; }
  void set_paused(bool is_paused) { is_paused_ = is_paused; }

 private:
  base::Instant leader_deadline_{};
  bool expects_leader_ = false;
  Stall stall_ = Stall::kNone;
  bool is_queued_ = false;
  bool is_paused_ = false;  // the driver does not read from it
};

}  // namespace node
