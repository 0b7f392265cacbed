// Clients that wait (DESIGN decision 5): their commands go through the log as elements of their
// own; the reply comes with the entry that serves them, ends their time, or belongs to the next
// leader. XREAD BLOCK takes nothing away: it waits here alone, and looks again whenever something
// was changed.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/number.h"
#include "engine/context.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::size_t kUnblocksPerTurn = 1000;
constexpr std::string_view kForced =
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

struct XreadWords {
  std::size_t block = 0, streams = 0;  // their places; 0: not there
};

XreadWords xread_words(engine::Arguments argv) {
  XreadWords words;
  for (std::size_t i = 1; i < argv.size() && words.streams == 0; ++i) {
    if (engine::equals_ignoring_case(argv[i], "BLOCK"))
      words.block = i++;
    else if (engine::equals_ignoring_case(argv[i], "COUNT"))
      ++i;
    else if (engine::equals_ignoring_case(argv[i], "STREAMS"))
      words.streams = i;
  }
  return words;
}

}  // namespace

bool Service::Machine::take_blocking(Session& session, const engine::CommandSpec& spec,
                                     engine::Arguments argv) {
  if (batcher_.is_full()) return stall(session, Stall::kBatchFull);
  batcher_.writer().blocking(client_ref(session), session.version, session.database, session.user,
                             is_memory_short(), argv);
  batcher_.add_waiter(session, push_write(session, spec, slot_if_keyed(spec, argv)));
  session.stall = Stall::kBarrier;  // what follows comes after its reply
  return true;
}

// After its element was applied without a reply.
bool Service::Machine::is_waiting(const engine::Element& element) const {
  return element.kind == engine::ElementKind::kBlocking && engine_.is_waiting(element.client);
}

// Replies for clients of this node that an element brought.
void Service::Machine::deliver_served() {
  std::vector<engine::ServedReply> served = std::exchange(effects_.served, {});
  for (const engine::ServedReply& one : served) {
    unblocking_.erase(one.client);
    if (one.client.node != options_.self || one.client.epoch != options_.epoch) continue;
    if (Session* session = sessions_.find(one.client.connection))
      answer_blocked(*session, one.bytes);
  }
}

void Service::Machine::answer_blocked(Session& session, std::string_view reply) {
  if (session.operations.empty() || !session.operations.front().is_blocked) return;
  const bool is_silent = session.operations.front().is_silent;
  note_served(session, session.operations.front(), reply);
  std::string& out = reply_buffer(session, is_silent);
  const std::size_t before = out.size();
  out.append(reply);
  answered(session, out, before);
  session.operations.pop();
  advance(session);
}

void Service::Machine::refuse_blocked(Session& session) {
  if (session.operations.empty() || !session.operations.front().is_blocked) return;
  std::string reply;
  resp::ReplyWriter(reply, session.operations.front().version).error(kForced);
  answer_blocked(session, reply);
}

void Service::Machine::propose_unblock(const engine::ClientRef& client,
                                       engine::UnblockReason reason) {
  if (!is_serving_leader() || !unblocking_.insert(client).second) return;
  batcher_.writer().unblock(client, reason);
  batcher_.add_nobody();
}

// The connection is gone; a later leader drops it with its node's others.
void Service::Machine::forget_blocked(const engine::ClientRef& client) {
  if (engine_.is_waiting(client)) propose_unblock(client, engine::UnblockReason::kGone);
}

// Clients that began to wait, or left, when nobody could be told so: by entries of an earlier term
// of this leader, whose clients had been told that the outcome is in doubt. They would take what is
// for others, and for the next command of that connection.
void Service::Machine::forget_ghosts() {
  for (const engine::ClientRef& client : engine_.waiters_of(options_.self, options_.epoch)) {
    const Session* session = sessions_.find(client.connection);
    const bool waits = session != nullptr && !session->operations.empty() &&
                       session->operations.front().is_blocked &&
                       session->operations.front().kind == OperationKind::kWrite;
    if (!waits) forget_blocked(client);
  }
}

void Service::Machine::unblock_client(base::ConnectionId connection, bool with_error) {
  Session* session = sessions_.find(connection);
  if (session == nullptr || session->operations.empty()) return;
  const Operation& operation = session->operations.front();
  if (!operation.is_blocked) return;
  if (operation.kind == OperationKind::kWrite) {
    propose_unblock(client_ref(*session),
                    with_error ? engine::UnblockReason::kError : engine::UnblockReason::kTimeout);
    return;
  }
  std::string reply;
  resp::ReplyWriter writer(reply, operation.version);
  with_error ? writer.error("UNBLOCKED client unblocked via CLIENT UNBLOCK") : writer.null_array();
  answer_blocked(*session, reply);
}

// Those whose time is up: by the log's time for what is in the log, by this node's for XREAD.
void Service::Machine::end_waits() {
  if (is_serving_leader() && !loading_status_.is_loading) {
    if (const auto deadline_ms = engine_.next_waiter_deadline()) {
      const std::int64_t now_ms = log_clock_.now_ms();
      for (const engine::ClientRef& client : engine_.expired_waiters(now_ms, kUnblocksPerTurn))
        propose_unblock(client, engine::UnblockReason::kTimeout);
      due(clocks_.now +
          base::milliseconds(std::clamp<std::int64_t>(*deadline_ms - now_ms, 1, 1000)));
    }
  }
  const bool has_changed = engine_.stream_changes() != stream_changes_seen_;
  stream_changes_seen_ = engine_.stream_changes();
  for (const base::ConnectionId id : std::exchange(watching_, {})) {
    Session* session = sessions_.find(id);
    if (session == nullptr || session->operations.empty()) continue;
    Operation& operation = session->operations.front();
    if (!operation.is_blocked || operation.kind != OperationKind::kRead) continue;
    watching_.push_back(id);
    if (has_changed && !loading_status_.is_loading) advance(*session);
    if (session->operations.empty() || !session->operations.front().is_blocked) continue;
    if (!operation.has_deadline) continue;
    if (clocks_.now < operation.deadline) {
      due(operation.deadline);
    } else {
      unblock_client(id, false);
    }
  }
  if (has_changed) watch_streams_anew();
}

void Service::Machine::watch_streams_anew() {
  engine_.forget_watched_streams();
  for (const base::ConnectionId id : watching_) {
    const Session* session = sessions_.find(id);
    if (session != nullptr && !session->operations.empty() &&
        session->operations.front().is_blocked)
      watch_streams_of(session->operations.front());
  }
}

// After a read was evaluated: true if it is XREAD BLOCK with nothing to give, which waits on.
bool Service::Machine::waits_on(Session& session, Operation& operation, std::string_view reply) {
  if (operation.spec->name != "xread" || operation.transaction || !is_null_reply(reply))
    return false;
  operation.arguments(words_);
  const XreadWords places = xread_words(words_);
  if (places.block == 0 || places.streams == 0) return false;
  if (operation.is_blocked) return true;
  const auto timeout_ms = base::parse_integer(words_[places.block + 1]).value_or(0);
  operation.is_blocked = true;
  operation.has_deadline = timeout_ms > 0;
  operation.deadline =
      clocks_.now + base::milliseconds(std::min<std::int64_t>(timeout_ms, std::int64_t{1} << 40));
  // "$" is the last id as it was now.
  std::vector<std::string> words(words_.begin(), words_.end());
  const std::size_t count = (words.size() - places.streams - 1) / 2;
  for (std::size_t i = places.streams + 1; i <= places.streams + count; ++i) {
    if (words[i + count] == "$")
      words[i + count] = engine_.last_stream_id(operation.database, words[i]);
  }
  words_.assign(words.begin(), words.end());
  const std::size_t bytes_before = operation.bytes.size();
  operation.set_arguments(words_);
  session.operations.front_changed(bytes_before);
  watching_.push_back(session.id);
  watch_streams_of(session.operations.front());
  if (operation.has_deadline) due(operation.deadline);
  return true;
}

void Service::Machine::watch_streams_of(const Operation& operation) {
  operation.arguments(words_);
  const std::size_t first = xread_words(words_).streams + 1;
  const std::size_t count = (words_.size() - first) / 2;
  for (std::size_t i = first; i < first + count; ++i)
    engine_.watch_stream(operation.database, words_[i]);
}

// What a deposed or stopping node does with those who wait for its own reads; and after the state
// was replaced, with those whose place in it is gone.
void Service::Machine::release_blocked(bool all) {
  std::vector<base::ConnectionId> blocked;
  sessions_.for_each([&](const Session& session) {
    if (session.operations.empty() || !session.operations.front().is_blocked) return;
    const Operation& operation = session.operations.front();
    const bool is_lost = operation.kind == OperationKind::kRead
                             ? !operation.is_allowed_stale
                             : !engine_.is_waiting(client_ref(session));
    if (all || is_lost) blocked.push_back(session.id);
  });
  for (const base::ConnectionId id : blocked) {
    if (Session* session = sessions_.find(id)) refuse_blocked(*session);
  }
}

}  // namespace node
