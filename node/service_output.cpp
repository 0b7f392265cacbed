// What the driver is told at the end of a turn, and each session's output: sent bytes, limits,
// closing.
#include <algorithm>
#include <utility>

#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::size_t kOutputBytesKept = 64 * 1024;  // of an empty buffer
constexpr auto kSecond = base::milliseconds(1000);

}  // namespace

std::string_view Service::Machine::unsent(base::ConnectionId connection) const {
  const Session* session = sessions_.find(connection);
  if (session == nullptr) return {};
  return std::string_view(session->output).substr(session->output_sent);
}

void Service::Machine::on_written(base::ConnectionId connection, std::size_t bytes) {
  Session* session = sessions_.find(connection);
  if (session == nullptr) return;
  statistics_.output_bytes += bytes;
  ++statistics_.writes;
  if (session->is_killed) return;
  session->output_sent += bytes;
  session->asked_bytes -= std::min<std::uint64_t>(session->asked_bytes, bytes);
  if (session->waits_for_output && 2 * session->unsent_bytes() <= output_bytes_max(*session) &&
      !std::exchange(session->is_queued_to_go_on, true))
    going_on_.push_back(session->id);
  if (session->output_sent < session->output.size()) {
    // What was sent is dropped when it is the larger part: each byte moves at most once on average.
    if (session->output_sent < kOutputBytesKept ||
        session->output_sent < session->output.size() / 2)
      return;
    session->output.erase(0, session->output_sent);
    session->output_sent = 0;
    return;
  }
  session->output_sent = 0;
  session->output.clear();
  session->asked_bytes = session->input.unread().size();
  session->over_soft_limit_since.reset();
  if (session->output.capacity() > kOutputBytesKept) std::string().swap(session->output);
}

void Service::Machine::mark_dirty(Session& session) {
  if (!std::exchange(session.is_dirty, true)) dirty_.push_back(session.id);
}

void Service::Machine::tell_driver() {
  for (const base::ConnectionId id : dirty_) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->is_dirty = false;
    if (limit_of(*session).soft_bytes > 0) check_soft_limit(*session);
    if (session->is_overfull) kill(*session, "its output buffer is over the hard limit");
    if (session->is_monitor) check_pushed(*session);
    if (session->closes_when_sent && !std::exchange(session->is_close_told, true))
      out_.closes.push_back(id);
    out_.dirty.push_back(id);
  }
  dirty_.clear();
}

// Where a session is served no further. A client may be owed as much as it has sent itself: whoever
// sends a long pipeline of small commands before it reads anything is served as by Redis, and what
// one client makes this node hold is in proportion to what it sends, up to a bound. With a limit
// set it is the limit that ends a session, as in Redis, so serving goes on until there.
std::uint64_t Service::Machine::output_bytes_max(const Session& session) const {
  if (needs_auth(session)) return kUnauthenticatedOutputBytesHigh;
  return std::max({std::uint64_t{kOutputBytesHigh},
                   std::min<std::uint64_t>(session.asked_bytes, kOutputBytesAskedMax),
                   limit_of(session).hard_bytes, limit_of(session).soft_bytes});
}

// Sessions whose clients have read enough since the last turn.
void Service::Machine::go_on_with_read() {
  for (const base::ConnectionId id : std::exchange(going_on_, {})) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->is_queued_to_go_on = session->waits_for_output = false;
    session->last_active = clocks_.now;
    advance(*session);
    if (session->stall == Stall::kOutputFull) make_ready(*session);
  }
}

void Service::Machine::refresh_output_limits() {
  output_limit_ = config_.hot().normal_output;
  push_limit_ = config_.hot().pubsub_output;
}

void Service::Machine::check_hard_limit(Session& session) {
  const std::uint64_t hard_bytes = limit_of(session).hard_bytes;
  if (hard_bytes > 0 && session.unsent_bytes() >= hard_bytes)
    kill(session, "its output buffer is over the hard limit");
}

void Service::Machine::check_soft_limit(Session& session) {
  const OutputLimit& limit = limit_of(session);
  if (limit.soft_bytes == 0 || session.unsent_bytes() < limit.soft_bytes)
    return session.over_soft_limit_since.reset();
  if (!session.over_soft_limit_since) session.over_soft_limit_since = clocks_.now;
  if (clocks_.now - *session.over_soft_limit_since >
      base::milliseconds(1000 * limit.soft_seconds)) {
    kill(session, "its output buffer is over the soft limit");
  }
}

// Also of those that get nothing more meanwhile.
void Service::Machine::check_soft_limits() {
  const bool are_subscribers_limited =
      push_limit_.soft_bytes > 0 && !broker_.subscriptions().empty();
  if (output_limit_.soft_bytes == 0 && !are_subscribers_limited) return;
  if (clocks_.now >= soft_limits_due_) {
    soft_limits_due_ = clocks_.now + kSecond;
    sessions_.for_each([&](Session& session) {
      if (session.over_soft_limit_since && !session.is_killed) check_soft_limit(session);
    });
  }
  due(soft_limits_due_);
}

// The directive timeout: clients that said nothing for so many seconds and are owed nothing.
void Service::Machine::close_idle() {
  const std::int64_t seconds = config_.integer("timeout");
  if (seconds <= 0) return;
  due(clocks_.now + base::milliseconds(1000));
  sessions_.for_each([&](Session& session) {
    const bool is_owed_only_what_it_does_not_read = session.waits_for_output;
    const bool is_idle = ((session.operations.empty() && session.stall == Stall::kNone) ||
                          is_owed_only_what_it_does_not_read) &&
                         !session.is_input_over && !session.subscriber.is_subscribed();
    if (is_idle && clocks_.now - session.last_active > base::milliseconds(1000 * seconds))
      kill(session, "it was idle for too long");
  });
}

// At once; what it is owed is lost, and nothing more is made for it.
void Service::Machine::kill(Session& session, std::string_view why) {
  if (std::exchange(session.is_killed, true)) return;
  session.output_sent = 0;
  std::string().swap(session.output);
  if (!why.empty()) {
    line(LogLevel::kWarning, "closing client " + std::to_string(session.id.value()) + " (" +
                                 session.info.remote_address + "): " + std::string(why));
  }
  end_input(session);
  out_.kills.push_back(session.id);
}

}  // namespace node
