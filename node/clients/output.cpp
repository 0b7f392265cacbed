#include "node/clients/output.h"

#include <algorithm>
#include <string>
#include <utility>

namespace node {
namespace {

constexpr auto kSecond = base::milliseconds(1000);

}  // namespace

std::string_view Output::unsent(base::ConnectionId connection) const {
  const Session* session = desk_.sessions.find(connection);
  if (session == nullptr) return {};
  return session->output.unsent();
}

void Output::on_written(base::ConnectionId connection, std::size_t bytes) {
  Session* session = desk_.sessions.find(connection);
  if (session == nullptr) return;
  desk_.statistics.output_bytes += bytes;
  ++desk_.statistics.writes;
  SessionOutput& output = session->output;
  if (output.is_killed()) return;
  output.on_sent(bytes);
  const bool has_read_enough =
      output.waits_for_reader() && 2 * output.unsent_bytes() <= bytes_max(*session);
  if (has_read_enough && output.note_read_enough()) going_on_.push_back(session->id);
  output.drop_sent(session->input.unread_bytes());
}

void Output::tell_driver() {
  for (const base::ConnectionId id : dirty_) {
    Session* session = desk_.sessions.find(id);
    if (session == nullptr) continue;
    session->output.clear_dirty();
    if (limit_of(*session).soft_bytes > 0) check_soft_limit(*session);
    if (session->modes.is_monitor || session->output.is_overfull()) check_pushed(*session);
    if (session->output.take_close()) desk_.out.closes.push_back(id);
    desk_.out.dirty.push_back(id);
  }
  dirty_.clear();
}

// Where a session is served no further. A client may be owed as much as it has sent itself: whoever
// sends a long pipeline of small commands before it reads anything is served as by Redis, and what
// one client makes this node hold is in proportion to what it sends, up to a bound. With a limit
// set it is the limit that ends a session, as in Redis, so serving goes on until there.
std::uint64_t Output::bytes_max(const Session& session) const {
  if (desk_.needs_auth(session)) return kUnauthenticatedOutputBytesHigh;
  return std::max({std::uint64_t{kOutputBytesHigh},
                   std::min<std::uint64_t>(session.output.asked_bytes(), kOutputBytesAskedMax),
                   limit_of(session).hard_bytes, limit_of(session).soft_bytes});
}

void Output::refresh_limits() {
  limit_ = desk_.config.hot().normal_output;
  push_limit_ = desk_.config.hot().pubsub_output;
}

void Output::check_hard_limit(Session& session) {
  if (session.output.unsent_bytes() >= limit_of(session).hard_bytes)
    kill(session, "its output buffer is over the hard limit");
}

void Output::check_soft_limit(Session& session) {
  const OutputLimit& limit = limit_of(session);
  const bool is_over = limit.soft_bytes > 0 && session.output.unsent_bytes() >= limit.soft_bytes;
  session.output.note_soft_limit(is_over, desk_.turn.now());
  if (is_over && desk_.turn.now() - *session.output.over_soft_limit_since() >
                     base::milliseconds(1000 * limit.soft_seconds)) {
    kill(session, "its output buffer is over the soft limit");
  }
}

// Also of those that get nothing more meanwhile.
void Output::check_soft_limits() {
  if (limit_.soft_bytes == 0 && push_limit_.soft_bytes == 0) return;
  if (desk_.turn.now() >= soft_limits_due_) {
    soft_limits_due_ = desk_.turn.now() + kSecond;
    desk_.sessions.for_each([&](Session& session) {
      const SessionOutput& output = session.output;
      if (output.over_soft_limit_since() && !output.is_killed()) check_soft_limit(session);
    });
  }
  desk_.turn.due(soft_limits_due_);
}

// The directive timeout: clients that said nothing for so many seconds and are owed nothing.
void Output::close_idle() {
  const std::int64_t seconds = desk_.config.integer("timeout");
  if (seconds <= 0) return;
  desk_.turn.due(desk_.turn.now() + base::milliseconds(1000));
  desk_.sessions.for_each([&](Session& session) {
    const bool is_owed_only_what_it_does_not_read = session.output.waits_for_reader();
    const bool is_idle = ((session.operations.empty() && !session.parsing.is_stalled()) ||
                          is_owed_only_what_it_does_not_read) &&
                         !session.input.is_over() && !session.subscriber.is_subscribed();
    if (is_idle && desk_.turn.now() - session.last_active > base::milliseconds(1000 * seconds))
      kill(session, "it was idle for too long");
  });
}

void Output::push(Session& session, std::string_view text) {
  if (!session.output.takes_pushes()) return;
  session.output.buffer() += text;
  mark_dirty(session);
  const std::uint64_t bytes_max = push_bytes_max(session);
  session.output.set_overfull(bytes_max > 0 && session.output.unsent_bytes() >= bytes_max);
}

// What a client is sent unasked cannot be held back until it reads: it has the limit of the class
// pubsub, or, if it has not subscribed, that of normal where that is smaller. 0: none.
std::uint64_t Output::push_bytes_max(const Session& session) const {
  const std::uint64_t hard = push_limit_.hard_bytes, normal = limit_.hard_bytes;
  if (session.subscriber.is_subscribed() || normal == 0) return hard;
  return hard == 0 ? normal : std::min(hard, normal);
}

void Output::check_pushed(Session& session) {
  const std::uint64_t hard = push_bytes_max(session);
  if (session.output.is_overfull() || (hard > 0 && session.output.unsent_bytes() >= hard))
    kill(session, "its output buffer is over the hard limit");
}

// At once; what it is owed is lost, and nothing more is made for it.
void Output::kill(Session& session, std::string_view why) {
  if (!session.output.kill()) return;
  if (!why.empty()) {
    desk_.turn.line(LogLevel::kWarning, "closing client " + std::to_string(session.id.value()) +
                                            " (" + session.info.remote_address +
                                            "): " + std::string(why));
  }
  session.input.end();
  desk_.out.kills.push_back(session.id);
}

}  // namespace node
