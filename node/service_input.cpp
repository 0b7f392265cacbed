// Bytes of a connection to commands: limits, pauses, fairness among connections, protocol errors.
#include <utility>

#include "base/limits.h"
#include "node/service_machine.h"

namespace node {

namespace limits = base::limits;

namespace {

constexpr std::size_t kCommandsPerTurn = 4096;  // of one session, before others get their part
constexpr std::size_t kOperationsMax = 8192;    // unanswered ones of a session
constexpr std::size_t kOperationBytesMax = 8 * limits::kMiB;
constexpr std::size_t kUnreadBytesHigh =
    256 * limits::kKiB;  // a stalled session's socket is not read beyond this
constexpr std::size_t kUnreadBytesLow = 64 * limits::kKiB;

bool is_queue_full(const Session& session) {
  return session.operations.size() >= kOperationsMax ||
         session.operations.bytes() >= kOperationBytesMax;
}

}  // namespace

bool Service::Machine::on_connect(base::ConnectionId connection, const ConnectInfo& info) {
  Session& session = sessions_.add(connection, info, clocks_.now);
  session.is_authenticated = config_.hot().requirepass.empty();
  ++statistics_.connections_received;
  std::string_view error;
  if (sessions_.size() > config_.hot().maxclients) error = "-ERR max number of clients reached\r\n";
  if (config_.hot().protected_mode && config_.hot().requirepass.empty() && !info.is_loopback &&
      info.door != Door::kUnixSocket) {
    error =
        "-DENIED Quorate is in protected mode: no password is set, so only loopback connections "
        "are taken. Set requirepass, "
        "or turn protected-mode off if every host that reaches this port may use it.\r\n";
  }
  if (error.empty()) return true;
  ++statistics_.connections_rejected;
  session.output = error;
  session.is_input_over = true;
  return false;
}

void Service::Machine::on_bytes(base::ConnectionId connection, std::string_view bytes) {
  Session* session = sessions_.find(connection);
  if (session == nullptr || session->is_input_over) return;
  statistics_.input_bytes += bytes.size();
  ++statistics_.reads;
  session->asked_bytes += bytes.size();
  session->input.append(bytes, session->parser.missing_bytes());
  const std::size_t unread = session->input.unread().size();
  const bool is_over_small = needs_auth(*session) && unread > limits::kUnauthenticatedQueryBytesMax;
  if (unread > config_.hot().query_buffer_bytes_max || is_over_small) {
    return kill(*session, "its query buffer is over the limit");
  }
  if (session->stall == Stall::kNone) make_ready(*session);
  if (session->stall != Stall::kNone) update_pause(*session);
}

void Service::Machine::on_disconnect(base::ConnectionId connection) {
  Session* session = sessions_.find(connection);
  if (session == nullptr) return;
  broker_.subscriptions().forget(*session);
  tracking_.turn_off(*session);
  forget_watch(*session);
  if (is_blocked_reader(*session)) forget_reader(*session);
  forget_blocked(client_ref(*session));
  sessions_.remove(*session);
}

void Service::Machine::make_ready(Session& session) {
  if (session.is_queued_to_parse || session.is_gone || session.is_input_over) return;
  session.is_queued_to_parse = true;
  ready_.push_back(session.id);
}

void Service::Machine::parse_ready() {
  if (!takes_commands()) return;
  for (std::size_t left = ready_.size(); left > 0 && out_.sleep.count() == 0; --left) {
    Session* session = sessions_.find(ready_.front());
    ready_.pop_front();
    if (session == nullptr) continue;
    session->is_queued_to_parse = false;
    parse(*session);
    update_pause(*session);
  }
}

void Service::Machine::parse(Session& session) {
  if (session.stall == Stall::kWaiting) return;
  session.stall = Stall::kNone;
  session.last_active = clocks_.now;
  bool has_more = true;
  for (std::size_t n = 0; has_more; ++n) {
    if (session.is_input_over) return;
    if (is_queue_full(session)) return static_cast<void>(stall(session, Stall::kQueueFull));
    if (is_output_full(session)) return static_cast<void>(stall(session, Stall::kOutputFull));
    if (n == kCommandsPerTurn || out_.sleep.count() > 0) return make_ready(session);
    if (!parse_one(session, has_more)) return;
  }
  session.input.release_if_idle();
  session.parser.release_if_idle();
}

// False: the session has stalled.
bool Service::Machine::parse_one(Session& session, bool& has_more) {
  set_parser_limits(session);
  const ReplyMode mode = session.reply_mode;
  is_silent_ = mode != ReplyMode::kOn;
  std::size_t consumed = 0;
  switch (session.parser.next(session.input.unread(), consumed)) {
    case resp::RequestParser::Status::kNeedMore: has_more = false; return true;
    case resp::RequestParser::Status::kNothing: session.input.consume(consumed); return true;
    case resp::RequestParser::Status::kError:
      error(session, "ERR " + session.parser.error(), true);
      end_input(session);
      return false;
    case resp::RequestParser::Status::kCommand: break;
  }
  if (mode == ReplyMode::kSkipNext) session.reply_mode = ReplyMode::kOn;
  const bool is_taken = take_command(session, session.parser.argv());
  if (!is_taken) session.reply_mode = mode;
  if (is_taken && !session.is_input_over) session.input.consume(consumed);
  return is_taken && session.stall == Stall::kNone;
}

void Service::Machine::set_parser_limits(Session& session) {
  session.parser.set_limits({.bulk_bytes_max = config_.hot().proto_max_bulk_len,
                             .is_unauthenticated = needs_auth(session)});
}

bool Service::Machine::needs_auth(const Session& session) const {
  return !session.is_authenticated && !config_.hot().requirepass.empty();
}

void Service::Machine::end_input(Session& session) {
  session.is_input_over = true;
  session.input.consume(session.input.unread().size());
}

// Bytes wait while the session stalls or takes turns with others; a command that is not all there
// yet never pauses. Nor does a session whose client has to read first: it may want to send all it
// has before it does (client libraries send a pipeline so), and client-query-buffer-limit bounds
// that.
void Service::Machine::update_pause(Session& session) {
  const std::size_t unread = session.input.unread().size();
  const bool is_held_up =
      (session.stall != Stall::kNone && !session.waits_for_output) || session.is_queued_to_parse;
  if (!session.is_paused && is_held_up && unread > kUnreadBytesHigh) {
    session.is_paused = true;
    out_.pauses.push_back(session.id);
  } else if (session.is_paused && (!is_held_up || unread < kUnreadBytesLow)) {
    session.is_paused = false;
    out_.resumes.push_back(session.id);
  }
}

}  // namespace node
