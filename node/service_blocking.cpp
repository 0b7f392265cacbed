// Clients that wait (DESIGN decision 5): their commands go through the log as elements of their
// own; the reply comes with the entry that serves them, ends their time, or belongs to the next
// leader. No client is told that its wait is over before an entry has ended it: whoever is still in
// the state may be given something. XREAD BLOCK takes nothing away: it waits here alone, and looks
// again when one of its streams was changed.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/number.h"
#include "engine/context/context.h"
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

bool Service::Machine::waits_in_log(const Session& session) const {
  if (!session.is_blocked() || session.operations.front().kind != OperationKind::kWrite)
    return false;
  return engine_.wait_of(client_ref(session)) == session.operations.front().wait;
}

// Replies for clients of this node that an element brought. One belongs to one wait: a client whose
// former wait had been given up here (it was in doubt) may be in another by now.
void Service::Machine::deliver_served() {
  std::vector<engine::ServedReply> served = std::exchange(effects_.served, {});
  for (const engine::ServedReply& one : served) {
    unblocking_.erase(one.client);
    if (one.client.node != options_.self || one.client.epoch != options_.epoch) continue;
    Session* session = sessions_.find(one.client.connection);
    if (session == nullptr || !session->is_blocked()) continue;
    const Operation& operation = session->operations.front();
    if (operation.kind == OperationKind::kWrite && operation.wait == one.wait)
      answer_blocked(*session, one.bytes);
  }
}

void Service::Machine::answer_blocked(Session& session, std::string_view reply) {
  if (!session.is_blocked()) return;
  if (session.operations.front().kind == OperationKind::kRead) forget_reader(session);
  const bool is_silent = session.operations.front().is_silent;
  note_served(session, session.operations.front(), reply);
  std::string& out = reply_buffer(session, is_silent);
  const std::size_t before = out.size();
  out.append(reply);
  answered(session, out, before);
  session.operations.pop();
  advance(session);
}

// ---- ends of waits in the log ----

// The wait that the client is in now ends, for that reason, once an entry says so. What cannot be
// proposed now, or is refused, is proposed when this node serves again; a deposed leader leaves it
// to the next.
void Service::Machine::propose_unblock(const engine::ClientRef& client,
                                       engine::UnblockReason reason) {
  const auto wait = engine_.wait_of(client);
  if (!wait) return;
  Unblocking& unblocking = unblocking_[client];
  if (unblocking.wait != *wait) unblocking = {.reason = reason, .wait = *wait};
  if (unblocking.batch != 0) return;
  if (!is_serving_leader()) {
    has_unproposed_unblocks_ = true;
    return;
  }
  batcher_.writer().unblock(client, unblocking.reason, unblocking.wait);
  batcher_.add_nobody();
  unblocking.batch = batcher_.open_id();
}

void Service::Machine::propose_unblocks() {
  if (!std::exchange(has_unproposed_unblocks_, false)) return;
  for (auto one = unblocking_.begin(); one != unblocking_.end();) {
    const auto& [client, unblocking] = *one;
    if (engine_.wait_of(client) == unblocking.wait) {
      propose_unblock(client, unblocking.reason);
      ++one;
    } else {
      one = unblocking_.erase(one);
    }
  }
}

void Service::Machine::on_unblocks_refused(std::uint64_t batch) {
  for (auto& [client, unblocking] : unblocking_) {
    if (unblocking.batch != batch) continue;
    unblocking.batch = 0;
    has_unproposed_unblocks_ = true;
  }
}

// Nobody is there for its reply; a later leader drops it with its node's others.
void Service::Machine::forget_blocked(const engine::ClientRef& client) {
  propose_unblock(client, engine::UnblockReason::kGone);
}

// Clients that began to wait, or left, when nobody could be told so: by entries of an earlier term
// of this leader, whose clients had been told that the outcome is in doubt. They would take what is
// for others.
void Service::Machine::forget_ghosts() {
  for (const engine::ClientRef& client : engine_.waiters_of(options_.self, options_.epoch)) {
    const Session* session = sessions_.find(client.connection);
    if (session == nullptr || !waits_in_log(*session)) forget_blocked(client);
  }
}

// This node stops: nobody waits here any more.
void Service::Machine::unblock_all() {
  sessions_.for_each([this](const Session& session) {
    if (waits_in_log(session)) propose_unblock(client_ref(session), engine::UnblockReason::kForced);
  });
}

// The state was replaced by a later one: whoever does not wait in it any more was given something,
// or not. `all`: this node hears of the log no more.
void Service::Machine::doubt_lost_waits(bool all) {
  std::vector<base::ConnectionId> lost;
  sessions_.for_each([&](const Session& session) {
    const bool is_write =
        session.is_blocked() && session.operations.front().kind == OperationKind::kWrite;
    if (is_write && (all || !waits_in_log(session))) lost.push_back(session.id);
  });
  for (const base::ConnectionId id : lost) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->operations.front().is_blocked = false;
    session->operations.front().fate = WriteFate::kInDoubt;
    advance(*session);
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

// Those whose time is up, by the log's time. A wait that is being ended wakes nobody: its entry
// will.
void Service::Machine::end_waits() {
  if (!is_serving_leader() || loading_status_.is_loading) return;
  propose_unblocks();
  const std::int64_t now_ms = log_clock_.now_ms();
  for (const engine::ClientRef& client : engine_.expired_waiters(now_ms, kUnblocksPerTurn))
    propose_unblock(client, engine::UnblockReason::kTimeout);
  if (const auto next_ms = engine_.next_waiter_deadline(now_ms))
    due(clocks_.now + base::milliseconds(std::min<std::int64_t>(*next_ms - now_ms, 1000)));
}

// ---- XREAD BLOCK ----

// Readers whose streams were changed look again, and those whose time is up by this node's clock
// end.
void Service::Machine::look_again() {
  for (const base::ConnectionId id : engine_.stream_watches().changed()) to_look_.insert(id);
  if (!to_look_.empty() && !loading_status_.is_loading) {
    is_looking_ = true;
    for (const base::ConnectionId id : std::exchange(to_look_, {})) {
      Session* session = sessions_.find(id);
      if (session == nullptr || !is_blocked_reader(*session)) continue;
      if (may_look(session->operations.front())) {
        advance(*session);
      } else {
        to_look_.insert(id);
      }
    }
    is_looking_ = false;
  }
  engine_.stream_watches().end_look();
  while (!read_deadlines_.empty() && read_deadlines_.begin()->first <= clocks_.now) {
    const base::ConnectionId id = read_deadlines_.begin()->second;
    read_deadlines_.erase(read_deadlines_.begin());
    const Session* session = sessions_.find(id);
    CHECK(session != nullptr && is_blocked_reader(*session));
    unblock_client(id, false);
  }
  if (!read_deadlines_.empty()) due(read_deadlines_.begin()->first);
}

bool Service::Machine::is_blocked_reader(const Session& session) const {
  return session.is_blocked() && session.operations.front().kind == OperationKind::kRead;
}

// A leader in doubt waits with it.
bool Service::Machine::may_look(const Operation& operation) const {
  return operation.is_allowed_stale || operation.may_follow || is_serving_leader();
}

// A blocked read is evaluated only when there may be something new.
bool Service::Machine::look(Session& session, Operation& operation) {
  // By the log's time: what has expired by the clock alone is still there.
  if (!is_looking_ || !may_look(operation) || !evaluate(session, operation, true)) return false;
  forget_reader(session);
  return true;
}

void Service::Machine::watch_streams_of(const Session& session) {
  const Operation& operation = session.operations.front();
  operation.arguments(words_);
  const std::size_t first = xread_words(words_).streams + 1;
  const std::size_t count = (words_.size() - first) / 2;
  std::vector<std::string> keys(words_.begin() + static_cast<std::ptrdiff_t>(first),
                                words_.begin() + static_cast<std::ptrdiff_t>(first + count));
  engine_.stream_watches().watch(session.id, operation.database, std::move(keys));
}

// With another engine, whose watches are none yet.
void Service::Machine::watch_streams_anew() {
  sessions_.for_each([this](const Session& session) {
    if (!is_blocked_reader(session)) return;
    watch_streams_of(session);
    to_look_.insert(session.id);
  });
}

void Service::Machine::forget_reader(const Session& session) {
  engine_.stream_watches().forget(session.id);
  const Operation& operation = session.operations.front();
  if (operation.has_deadline) read_deadlines_.erase({operation.deadline, session.id});
}

// After a read was evaluated: true if it is XREAD BLOCK with nothing to give, which waits on.
bool Service::Machine::waits_on(Session& session, Operation& operation, std::string_view reply) {
  const bool may_wait = (operation.spec->flags & engine::kFlagBlocking) != 0;
  if (!may_wait || operation.transaction || !is_null_reply(reply)) return false;
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
  watch_streams_of(session);
  if (operation.has_deadline) read_deadlines_.emplace(operation.deadline, session.id);
  return true;
}

// What a deposed leader does with those who wait for reads that only a leader answers, and a
// stopping node with all.
void Service::Machine::release_readers(bool all) {
  std::vector<base::ConnectionId> released;
  sessions_.for_each([&](const Session& session) {
    if (is_blocked_reader(session) && (all || !session.operations.front().is_allowed_stale))
      released.push_back(session.id);
  });
  for (const base::ConnectionId id : released) {
    Session* session = sessions_.find(id);
    if (session == nullptr || !is_blocked_reader(*session)) continue;
    std::string reply;
    resp::ReplyWriter(reply, session->operations.front().version).error(kForced);
    answer_blocked(*session, reply);
  }
}

}  // namespace node
