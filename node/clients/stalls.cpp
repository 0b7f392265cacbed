#include "node/clients/stalls.h"

#include <utility>

#include "base/limits.h"

namespace node {

namespace limits = base::limits;

namespace {

// A stalled session's socket is not read beyond this.
constexpr std::size_t kUnreadBytesHigh = 256 * limits::kKiB;
constexpr std::size_t kUnreadBytesLow = 64 * limits::kKiB;

}  // namespace

void Stalls::make_ready(Session& session) {
  if (session.is_gone || session.input.is_over()) return;
  if (session.parsing.enqueue()) ready_.push_back(session.id);
}

Session* Stalls::take_ready() {
  Session* session = desk_.sessions.find(ready_.front());
  ready_.pop_front();
  if (session != nullptr) session->parsing.dequeue();
  return session;
}

bool Stalls::stall(Session& session, Stall reason) {
  session.parsing.stop(reason);
  if (reason == Stall::kBatchFull) batch_stalled_.push_back(session.id);
  if (reason == Stall::kOutputFull) session.output.wait_for_reader();
  if (reason == Stall::kLeader || reason == Stall::kPaused) timed_stalls_.push_back(session.id);
  return false;
}

void Stalls::wake_for_batch() {
  for (const base::ConnectionId id : std::exchange(batch_stalled_, {})) {
    if (Session* session = desk_.sessions.find(id)) make_ready(*session);
  }
}

// Sessions that wait for a leader or for the end of CLIENT PAUSE, and whose time is up, go on.
void Stalls::wake_timed() {
  for (std::size_t i = 0; i < timed_stalls_.size();) {
    Session* session = desk_.sessions.find(timed_stalls_[i]);
    const Stall stall = session == nullptr ? Stall::kNone : session->parsing.stall();
    const bool is_timed = stall == Stall::kLeader || stall == Stall::kPaused;
    const base::Instant until = stall == Stall::kPaused ? desk_.pause.until
                                : is_timed              ? session->parsing.leader_deadline()
                                                        : base::Instant{};
    if (is_timed && until > desk_.turn.now()) {
      desk_.turn.due(until);
      ++i;
      continue;
    }
    if (is_timed) make_ready(*session);
    timed_stalls_[i] = timed_stalls_.back();
    timed_stalls_.pop_back();
  }
}

void Stalls::wake_if_unpaused() {
  if (desk_.pause.until > desk_.turn.now()) return;
  for (const base::ConnectionId id : timed_stalls_) {
    Session* stalled = desk_.sessions.find(id);
    if (stalled != nullptr && stalled->parsing.stall() == Stall::kPaused) make_ready(*stalled);
  }
}

// Bytes wait while the session stalls or takes turns with others; a command that is not all there
// yet never pauses. Nor does a session whose client has to read first: it may want to send all it
// has before it does (client libraries send a pipeline so), and client-query-buffer-limit bounds
// that.
void Stalls::update_pause(Session& session) {
  const std::size_t unread = session.input.unread_bytes();
  const bool is_held_up = (session.parsing.is_stalled() && !session.output.waits_for_reader()) ||
                          session.parsing.is_queued();
  if (!session.parsing.is_paused() && is_held_up && unread > kUnreadBytesHigh) {
    session.parsing.set_paused(true);
    desk_.out.pauses.push_back(session.id);
  } else if (session.parsing.is_paused() && (!is_held_up || unread < kUnreadBytesLow)) {
    session.parsing.set_paused(false);
    desk_.out.resumes.push_back(session.id);
  }
}

}  // namespace node
