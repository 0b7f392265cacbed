#include "node/clients/answers.h"

#include <utility>

#include "base/check.h"
#include "node/clients/proposing.h"
#include "node/clients/watch.h"

namespace node {
namespace {

constexpr std::string_view kInDoubt =
    "INDOUBT the leader was lost before the outcome of this write was known: it may or may not "
    "take effect";
constexpr std::string_view kTooLate =
    "TRYAGAIN what the leader has did not reach this node in time";

}  // namespace

Answers::Answers(const Parts& parts)
    : desk_(parts.desk),
      replica_(parts.desk.replica),
      stalls_(parts.stalls),
      output_(parts.output),
      replies_(parts.replies),
      notes_(parts.notes),
      readers_(parts.readers),
      evaluator_(parts.evaluator),
      routing_(parts.routing) {}

void Answers::literal(Session& session, std::string_view reply, bool closes) {
  if (session.operations.empty()) {
    replies_.append(session, reply, is_silent_);
    if (closes) output_.close_when_sent(session);
    return;
  }
  session.operations.push(OperationKind::kLiteral);
  Operation& operation = session.operations.back();
  operation.bytes.assign(reply);
  operation.is_silent = is_silent_;
  operation.closes = closes;
  session.operations.grown();
}

void Answers::error(Session& session, std::string_view text, bool closes) {
  std::string reply;
  resp::ReplyWriter(reply, session.modes.version).error(text);
  literal(session, reply, closes);
}

void Answers::reject(Session& session, const engine::CommandSpec* spec, std::string_view text) {
  if (spec != nullptr) notes_.note_rejected(*spec);
  if (spec != nullptr && spec->special == engine::Special::kExec) {
    end_transaction(session, replica_);
    if (text.starts_with("ERR ")) text.remove_prefix(4);
    return error(session, "EXECABORT Transaction discarded because of: " + std::string(text));
  }
  session.multi.spoil();
  error(session, text);
}

// The command stays unread until there is a leader; the first one of the session that waits too
// long gets CLUSTERDOWN, and so do those behind it while there is none.
bool Answers::stall_for_leader(Session& session, const engine::CommandSpec& spec) {
  session.parsing.expect_leader_by(desk_.turn.now() + kLeaderWait);
  if (session.parsing.leader_deadline() <= desk_.turn.now()) {
    if (spec.special == engine::Special::kExec) end_transaction(session, replica_);
    if (spec.special == engine::Special::kExec) notes_.note_rejected(spec);
    reject(session, spec.special == engine::Special::kExec ? nullptr : &spec,
           "CLUSTERDOWN The cluster is down");
    return true;
  }
  return stalls_.stall(session, Stall::kLeader);
}

std::uint64_t Answers::push_write(Session& session, const engine::CommandSpec& spec,
                                  std::optional<std::uint16_t> slot, bool may_be_large) {
  const std::uint64_t number = session.operations.push(OperationKind::kWrite, may_be_large);
  Operation& operation = session.operations.back();
  operation.version = session.modes.version;
  operation.is_silent = is_silent_;
  operation.slot = slot;
  operation.spec = &spec;
  operation.user = session.modes.user;
  operation.remembers = session.tracking.remembers();
  ++session.elements_under_way;
  return number;
}

// Stops at a write that is under way, at a read that waits for evidence, and at a read whose reply
// would add to an output that is full.
void Answers::advance(Session& session) {
  while (!session.operations.empty()) {
    Operation& operation = session.operations.front();
    if (operation.kind == OperationKind::kRead) {
      if (output_.is_full(session)) {
        session.output.wait_for_reader();
        stalls_.update_pause(session);
        break;
      }
      if (!answer_read(session, operation)) return;
    }
    if (operation.kind == OperationKind::kWrite && !answer_refused(session, operation, false))
      return;
    if (operation.kind == OperationKind::kLiteral) {
      replies_.append(session, operation.bytes, operation.is_silent);
    }
    if (operation.closes) output_.close_when_sent(session);
    session.operations.pop();
  }
  after_pop(session);
}

// Everything before `number` is answered now: its element is about to be applied. The batch that
// holds it is evidence for the reads before it; a write before it that has no fate yet cannot be.
void Answers::force(Session& session, std::uint64_t number) {
  while (session.operations.front_number() < number) {
    Operation& operation = session.operations.front();
    if (operation.kind == OperationKind::kRead && operation.is_overtaken) {
      replies_.append_error(session, operation, kTooLate);
    } else if (operation.kind == OperationKind::kRead) {
      CHECK(evaluator_.evaluate(session, operation, operation.is_allowed_stale));
    } else if (operation.kind == OperationKind::kWrite) {
      CHECK(answer_refused(session, operation, true));
    } else {
      replies_.append(session, operation.bytes, operation.is_silent);
    }
    session.operations.pop();
  }
}

// What a shorter queue sets free.
void Answers::after_pop(Session& session) {
  constexpr std::size_t kFewOperations = 2048;
  const bool is_free = session.parsing.stall() == Stall::kQueueFull &&
                       session.operations.size() <= kFewOperations &&
                       session.operations.large_replies() <= kLargeRepliesMax / 2;
  const bool is_passed = session.parsing.stall() == Stall::kBarrier && session.operations.empty();
  if (is_free || is_passed) stalls_.make_ready(session);
}

// False: it waits for evidence (or for a time entry).
bool Answers::answer_read(Session& session, Operation& operation) {
  // Its evidence was there when it began to wait.
  if (operation.is_blocked) return look(session, operation);
  if (operation.is_overtaken) {
    replies_.append_error(session, operation, kTooLate);
    return true;
  }
  if (operation.is_allowed_stale) return evaluator_.evaluate(session, operation, true);
  const bool is_by_round = session.modes.reads.is_by_round();
  const bool is_granted = replica_.proposals().evidence().tickets().is_granted(operation.ticket);
  if ((is_granted || replica_.reads().need_no_evidence(is_by_round)) &&
      !replica_.loading().is_loading) {
    // A follower has no clock: what the log has not let expire is there.
    const bool is_by_log =
        operation.may_follow && !replica_.terms().is_leader() && !may_propose(session, replica_);
    if (evaluator_.evaluate(session, operation, is_by_log)) return true;
    if (operation.is_blocked) return false;
    operation.ticket = replica_.proposals().evidence().tickets().take(is_by_round);
  } else if (!replica_.terms().is_leader() || replica_.terms().is_outside()) {
    if (answer_refused(session, operation, false)) return true;
  }
  if (!std::exchange(session.is_listed_as_reader, true))
    replica_.proposals().evidence().tickets().enlist(operation.ticket, session.id);
  after_pop(session);
  return false;
}

// A blocked read is evaluated only when there may be something new.
bool Answers::look(Session& session, Operation& operation) {
  // By the log's time: what has expired by the clock alone is still there.
  if (!readers_.is_looking() || !readers_.may_look(operation) ||
      !evaluator_.evaluate(session, operation, true))
    return false;
  readers_.forget(session);
  return true;
}

// A write that never happened, or is in doubt, or a read that lost its leader: true if it was
// answered.
bool Answers::answer_refused(Session& session, Operation& operation, bool is_forced) {
  const bool is_write = operation.kind == OperationKind::kWrite;
  if (is_write && operation.fate == WriteFate::kUnderWay) {
    after_pop(session);
    return false;
  }
  std::string text;
  if (is_write && operation.fate == WriteFate::kInDoubt) {
    text = kInDoubt;
  } else {
    const Route where =
        routing_.route(session, is_write, !operation.slot, operation.slot.value_or(0));
    if (where == Route::kStale) return evaluator_.evaluate(session, operation, true);
    if (where == Route::kFollow) return false;  // check_follower_reads bounds it
    if (where == Route::kRefused) text = routing_.refused();
    if (where == Route::kHere || is_forced)
      text = "TRYAGAIN the write was not carried out: the leader changed meanwhile";
    if (where == Route::kWait && !is_forced) {
      if (desk_.turn.now() - replica_.terms().leaderless_since() < kLeaderWait) return false;
      text = "CLUSTERDOWN The cluster is down";
    }
  }
  replies_.append_error(session, operation, text);
  return true;
}

void Answers::on_evidence(base::ConnectionId reader) {
  Session* session = desk_.sessions.find(reader);
  if (session == nullptr) return;
  session->is_listed_as_reader = false;
  advance(*session);
}

// The leader is known and does not answer, or this node does not get what it has.
void Answers::check_follower_reads() {
  if (!replica_.proposals().evidence().has_waited_in_vain()) return;
  while (const auto id = replica_.proposals().evidence().tickets().take_any()) {
    Session* session = desk_.sessions.find(*id);
    if (session == nullptr) continue;
    session->is_listed_as_reader = false;
    const bool has_read = !session->operations.empty() && !session->is_blocked() &&
                          session->operations.front().may_follow;
    if (has_read) refuse_to_follow(*session);
    advance(*session);
  }
}

void Answers::refuse_to_follow(Session& session) {
  const Operation& operation = session.operations.front();
  const PeerView* leader = session.speaks_cluster ? replica_.leader_elsewhere() : nullptr;
  const std::string text = leader != nullptr ? routing_.moved(operation.slot.value_or(0), *leader)
                                             : std::string(kTooLate);
  replies_.append_error(session, operation, text);
  session.operations.pop();
}

void Answers::go_on_with_read() {
  for (const base::ConnectionId id : output_.take_going_on()) {
    Session* session = desk_.sessions.find(id);
    if (session == nullptr) continue;
    session->output.go_on();
    session->last_active = desk_.turn.now();
    advance(*session);
    if (session->parsing.stall() == Stall::kOutputFull) stalls_.make_ready(*session);
  }
}

void Answers::revisit_all() {
  const bool may_go_on = replica_.terms().is_serving() ||
                         (!replica_.terms().is_leader() && replica_.leader_elsewhere() != nullptr);
  desk_.sessions.for_each([&](Session& session) {
    if (may_go_on) session.parsing.on_leader();
    if (may_go_on && session.parsing.stall() == Stall::kLeader) stalls_.make_ready(session);
    advance(session);
  });
}

}  // namespace node
