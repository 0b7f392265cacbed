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
  if (session.is_queued_to_parse || session.is_gone || session.is_input_over) return;
  session.is_queued_to_parse = true;
  ready_.push_back(session.id);
}

Session* Stalls::take_ready() {
  Session* session = desk_.sessions.find(ready_.front());
  ready_.pop_front();
  if (session != nullptr) session->is_queued_to_parse = false;
  return session;
}

bool Stalls::stall(Session& session, Stall reason) {
  session.stall = reason;
  if (reason == Stall::kBatchFull) batch_stalled_.push_back(session.id);
  if (reason == Stall::kOutputFull) session.waits_for_output = true;
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
    const bool is_timed = session != nullptr &&
                          (session->stall == Stall::kLeader || session->stall == Stall::kPaused);
    const base::Instant until = is_timed && session->stall == Stall::kPaused ? desk_.pause.until
                                : is_timed ? session->stall_deadline
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
    if (stalled != nullptr && stalled->stall == Stall::kPaused) make_ready(*stalled);
  }
}

// Bytes wait while the session stalls or takes turns with others; a command that is not all there
// yet never pauses. Nor does a session whose client has to read first: it may want to send all it
// has before it does (client libraries send a pipeline so), and client-query-buffer-limit bounds
// that.
void Stalls::update_pause(Session& session) {
  const std::size_t unread = session.input.unread().size();
  const bool is_held_up =
      (session.stall != Stall::kNone && !session.waits_for_output) || session.is_queued_to_parse;
  if (!session.is_paused && is_held_up && unread > kUnreadBytesHigh) {
    session.is_paused = true;
    desk_.out.pauses.push_back(session.id);
  } else if (session.is_paused && (!is_held_up || unread < kUnreadBytesLow)) {
    session.is_paused = false;
    desk_.out.resumes.push_back(session.id);
  }
}

void Stalls::end_input(Session& session) {
  session.is_input_over = true;
  session.input.consume(session.input.unread().size());
}

}  // namespace node
