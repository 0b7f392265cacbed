#include "node/clients/input.h"

#include <utility>

#include "base/limits.h"
#include "node/clients/doors.h"
#include "node/clients/watch.h"

namespace node {

namespace limits = base::limits;

namespace {

constexpr std::size_t kCommandsPerTurn = 4096;  // of one session, before others get their part
constexpr std::size_t kOperationsMax = 8192;    // unanswered ones of a session
constexpr std::size_t kOperationBytesMax = 8 * limits::kMiB;

bool is_queue_full(const Session& session) {
  return session.operations.size() >= kOperationsMax ||
         session.operations.bytes() >= kOperationBytesMax;
}

}  // namespace

Input::Input(const Parts& parts)
    : desk_(parts.desk),
      replica_(parts.desk.replica),
      stalls_(parts.stalls),
      output_(parts.output),
      access_(parts.access),
      readers_(parts.readers),
      news_(parts.news),
      answers_(parts.answers),
      dispatcher_(parts.dispatcher) {}

bool Input::on_connect(base::ConnectionId connection, const ConnectInfo& info) {
  Session& session = desk_.sessions.add(connection, info, desk_.turn.now());
  session.modes.is_authenticated = access_.is_open();
  const Config::Hot& hot = desk_.config.hot();
  const bool is_main_door = info.door == Door::kPort || info.door == Door::kUnixSocket;
  session.speaks_cluster = is_main_door && hot.cluster_enabled;
  session.is_forwarded = !session.speaks_cluster && hot.forwards && manners_of(info.door).has_data;
  ++desk_.statistics.connections_received;
  std::string_view error;
  if (desk_.sessions.size() > desk_.config.hot().maxclients)
    error = "-ERR max number of clients reached\r\n";
  if (desk_.config.hot().protected_mode && desk_.users().default_user().needs_no_password() &&
      !info.is_loopback && info.door != Door::kUnixSocket) {
    error =
        "-DENIED Quorate is in protected mode: no password is set, so only loopback connections "
        "are taken. Set requirepass, "
        "or turn protected-mode off if every host that reaches this port may use it.\r\n";
  }
  if (error.empty()) return true;
  ++desk_.statistics.connections_rejected;
  session.output.buffer() = error;
  session.input.end();
  return false;
}

void Input::on_bytes(base::ConnectionId connection, std::string_view bytes) {
  Session* session = desk_.sessions.find(connection);
  if (session == nullptr || session->input.is_over()) return;
  desk_.statistics.input_bytes += bytes.size();
  ++desk_.statistics.reads;
  session->output.on_received(bytes.size());
  session->input.append(bytes);
  const std::size_t unread = session->input.unread_bytes();
  const bool is_over_small =
      desk_.needs_auth(*session) && unread > limits::kUnauthenticatedQueryBytesMax;
  if (unread > desk_.config.hot().query_buffer_bytes_max || is_over_small) {
    return output_.kill(*session, "its query buffer is over the limit");
  }
  if (!session->parsing.is_stalled()) stalls_.make_ready(*session);
  if (session->parsing.is_stalled()) stalls_.update_pause(*session);
}

void Input::on_disconnect(base::ConnectionId connection) {
  Session* session = desk_.sessions.find(connection);
  if (session == nullptr) return;
  forget_watch(*session, replica_);
  news_.forget(*session);
  if (session->is_blocked_reader()) readers_.forget(*session);
  replica_.wait_ends().forget(replica_.client(session->id));
  desk_.sessions.remove(*session);
}

void Input::parse_ready() {
  for (std::size_t left = stalls_.ready_count(); left > 0; --left) {
    if (desk_.out.sleep.count() > 0) return;
    Session* session = stalls_.take_ready();
    if (session == nullptr) continue;
    parse(*session);
    stalls_.update_pause(*session);
  }
}

void Input::parse(Session& session) {
  if (session.parsing.stall() == Stall::kWaiting) return;
  session.parsing.go_on();
  session.last_active = desk_.turn.now();
  bool has_more = true;
  for (std::size_t n = 0; has_more; ++n) {
    if (session.input.is_over()) return;
    if (is_queue_full(session)) return static_cast<void>(stalls_.stall(session, Stall::kQueueFull));
    if (output_.is_full(session))
      return static_cast<void>(stalls_.stall(session, Stall::kOutputFull));
    if (n == kCommandsPerTurn || desk_.out.sleep.count() > 0) return stalls_.make_ready(session);
    if (!parse_one(session, has_more)) return;
  }
  session.input.release_if_idle();
}

// False: the session has stalled.
bool Input::parse_one(Session& session, bool& has_more) {
  set_parser_limits(session);
  const ReplyMode mode = session.modes.reply_mode;
  answers_.set_silent(mode != ReplyMode::kOn);
  std::size_t consumed = 0;
  switch (session.input.next(consumed)) {
    case resp::RequestParser::Status::kNeedMore: has_more = false; return true;
    case resp::RequestParser::Status::kNothing: session.input.consume(consumed); return true;
    case resp::RequestParser::Status::kError:
      answers_.error(session, "ERR " + session.input.error(), true);
      session.input.end();
      return false;
    case resp::RequestParser::Status::kCommand: break;
  }
  if (mode == ReplyMode::kSkipNext) session.modes.reply_mode = ReplyMode::kOn;
  const bool is_taken = dispatcher_.take(session, session.input.argv());
  if (!is_taken) session.modes.reply_mode = mode;
  if (is_taken) session.input.consume(consumed);
  return is_taken && !session.parsing.is_stalled();
}

void Input::set_parser_limits(Session& session) {
  session.input.set_limits({.bulk_bytes_max = desk_.config.hot().proto_max_bulk_len,
                            .is_unauthenticated = desk_.needs_auth(session)});
}

}  // namespace node
