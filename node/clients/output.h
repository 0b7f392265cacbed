// Each session's output: sent bytes, limits, closing; and what the driver is told at the end of a
// turn. Invariant: a session with new bytes is told to the driver in the turn that made them, once;
// nothing is written to one that was killed.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "node/clients/desk.h"
#include "node/config/directive_value.h"

namespace node {

class Output {
 public:
  explicit Output(Desk& desk) : desk_(desk) {}

  // ---- the driver ----
  [[nodiscard]] std::string_view unsent(base::ConnectionId connection) const;
  void on_written(base::ConnectionId connection, std::size_t bytes);
  void tell_driver();
  void mark_dirty(Session& session) {
    if (session.output.mark_dirty()) dirty_.push_back(session.id);
  }
  void close_when_sent(Session& session) {
    session.output.close_when_sent();
    mark_dirty(session);
  }
  // At once; what it is owed is lost, and nothing more is made for it.
  void kill(Session& session, std::string_view why);

  // ---- what a client may be owed ----
  // It is served no further until it has read some of it.
  [[nodiscard]] bool is_full(const Session& session) const {
    return session.output.unsent_bytes() >= kUnauthenticatedOutputBytesHigh &&
           session.output.unsent_bytes() >= bytes_max(session);
  }
  // Those that have read enough of it since the last call.
  [[nodiscard]] bool has_going_on() const { return !going_on_.empty(); }
  [[nodiscard]] std::vector<base::ConnectionId> take_going_on() {
    return std::exchange(going_on_, {});
  }

  // What a client is sent unasked. One that does not read is closed at the end of the turn; it gets
  // nothing more until then.
  void push(Session& session, std::string_view text);

  // ---- limits ----
  void refresh_limits();  // the settings, read once a turn
  // A reply was appended.
  void on_reply(Session& session) {
    mark_dirty(session);
    if (limit_of(session).hard_bytes > 0) check_hard_limit(session);
  }
  void check_soft_limits();
  void close_idle();

 private:
  [[nodiscard]] std::uint64_t bytes_max(const Session& session) const;
  void check_hard_limit(Session& session);
  void check_soft_limit(Session& session);
  void check_pushed(Session& session);
  // Its class: pubsub once it has subscribed, as in Redis.
  [[nodiscard]] const OutputLimit& limit_of(const Session& session) const {
    return session.subscriber.is_subscribed() ? push_limit_ : limit_;
  }
  [[nodiscard]] std::uint64_t push_bytes_max(const Session& session) const;

  Desk& desk_;
  OutputLimit limit_, push_limit_;  // client-output-buffer-limit: classes normal, pubsub
  base::Instant soft_limits_due_{};
  std::vector<base::ConnectionId> dirty_;
  std::vector<base::ConnectionId> going_on_;
};

}  // namespace node
