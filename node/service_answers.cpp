// Operations to replies: whatever stands at the front of a session's queue and can be answered is
// answered, in order.
#include <utility>

#include "base/check.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::string_view kInDoubt =
    "INDOUBT the leader was lost before the outcome of this write was known: it may or may not "
    "take effect";

}  // namespace

// A reply known now: straight out if nothing is owed before it.
void Service::Machine::literal(Session& session, std::string_view reply, bool closes) {
  if (session.operations.empty()) {
    std::string& out = reply_buffer(session, is_silent_);
    const std::size_t before = out.size();
    out.append(reply);
    answered(session, out, before);
    session.closes_when_sent |= closes;
    if (closes) mark_dirty(session);
    return;
  }
  session.operations.push(OperationKind::kLiteral);
  Operation& operation = session.operations.back();
  operation.bytes.assign(reply);
  operation.is_silent = is_silent_;
  operation.closes = closes;
  session.operations.grown();
}

void Service::Machine::error(Session& session, std::string_view text, bool closes) {
  std::string reply;
  resp::ReplyWriter(reply, session.version).error(text);
  literal(session, reply, closes);
}

std::string& Service::Machine::reply_buffer(Session& session, bool is_silent) {
  if (!is_silent && !session.is_killed) return session.output;
  silent_.clear();
  return silent_;
}

// A reply was appended to `out`, from `before` on: to the session's output, or to what nobody sees.
void Service::Machine::answered(Session& session, const std::string& out, std::size_t before) {
  count_reply(std::string_view(out).substr(before));
  if (&out != &session.output) return;
  mark_dirty(session);
  check_hard_limit(session);
}

void Service::Machine::count_reply(std::string_view reply) {
  if (reply.empty() || reply.front() != '-') return;
  ++statistics_.error_replies;
  const std::string_view code = reply.substr(1, reply.find_first_of(" \r") - 1);
  const auto found = statistics_.errors.find(code);
  if (found != statistics_.errors.end()) {
    ++found->second;
  } else {
    statistics_.errors.emplace(code, 1);
  }
}

// Stops at a write that is under way, at a read that waits for evidence, and at a read whose reply
// would add to an output that is full.
void Service::Machine::advance(Session& session) {
  while (!session.operations.empty()) {
    Operation& operation = session.operations.front();
    if (operation.kind == OperationKind::kRead) {
      if (is_output_full(session)) {
        session.waits_for_output = true;
        update_pause(session);
        break;
      }
      if (!answer_read(session, operation)) return;
    }
    if (operation.kind == OperationKind::kWrite && !answer_refused(session, operation, false))
      return;
    if (operation.kind == OperationKind::kLiteral) {
      std::string& out = reply_buffer(session, operation.is_silent);
      const std::size_t before = out.size();
      out.append(operation.bytes);
      answered(session, out, before);
    }
    session.closes_when_sent |= operation.closes;
    if (operation.closes) mark_dirty(session);
    session.operations.pop();
  }
  after_pop(session);
}

// Everything before `number` is answered now: its element is about to be applied. The batch that
// holds it is evidence for the reads before it; a write before it that has no fate yet cannot be.
void Service::Machine::force(Session& session, std::uint64_t number) {
  while (session.operations.front_number() < number) {
    Operation& operation = session.operations.front();
    if (operation.kind == OperationKind::kRead) {
      CHECK(evaluate(session, operation, operation.is_allowed_stale));
    } else if (operation.kind == OperationKind::kWrite) {
      CHECK(answer_refused(session, operation, true));
    } else {
      std::string& out = reply_buffer(session, operation.is_silent);
      const std::size_t before = out.size();
      out.append(operation.bytes);
      answered(session, out, before);
    }
    session.operations.pop();
  }
}

// What a shorter queue sets free.
void Service::Machine::after_pop(Session& session) {
  constexpr std::size_t kFewOperations = 2048;
  const bool is_free = session.stall == Stall::kQueueFull &&
                       session.operations.size() <= kFewOperations &&
                       session.operations.large_replies() <= kLargeRepliesMax / 2;
  const bool is_passed = session.stall == Stall::kBarrier && session.operations.empty();
  if (is_free || is_passed) make_ready(session);
}

// False: it waits for evidence (or for a time entry).
bool Service::Machine::answer_read(Session& session, Operation& operation) {
  // Its evidence was there when it began to wait.
  if (operation.is_blocked) return look(session, operation);
  if (operation.is_allowed_stale) return evaluate(session, operation, true);
  const bool is_granted = tickets_.is_granted(operation.ticket);
  if ((is_granted || needs_no_evidence()) && !loading_status_.is_loading) {
    // A follower has no clock: what the log has not let expire is there.
    if (evaluate(session, operation, operation.may_follow && !is_leader())) return true;
    if (operation.is_blocked) return false;
    operation.ticket = tickets_.open();
  } else if (!is_leader() || is_outside()) {
    if (answer_refused(session, operation, false)) return true;
  }
  if (!std::exchange(session.is_listed_as_reader, true))
    tickets_.enlist(operation.ticket, session.id);
  after_pop(session);
  return false;
}

// A write that never happened, or is in doubt, or a read that lost its leader: true if it was
// answered.
bool Service::Machine::answer_refused(Session& session, Operation& operation, bool is_forced) {
  const bool is_write = operation.kind == OperationKind::kWrite;
  if (is_write && operation.fate == WriteFate::kUnderWay) {
    after_pop(session);
    return false;
  }
  std::string text;
  if (is_write && operation.fate == WriteFate::kInDoubt) {
    text = kInDoubt;
  } else {
    const Route where = route(session, is_write, !operation.slot, operation.slot.value_or(0));
    if (where == Route::kStale) return evaluate(session, operation, true);
    if (where == Route::kFollow) return false;  // check_follower_reads bounds it
    if (where == Route::kRefused) text = refused_;
    if (where == Route::kHere || is_forced)
      text = "TRYAGAIN the write was not carried out: the leader changed meanwhile";
    if (where == Route::kWait && !is_forced) {
      if (clocks_.now - leaderless_since_ < kLeaderWait) return false;
      text = "CLUSTERDOWN The cluster is down";
    }
  }
  std::string& out = reply_buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter(out, operation.version).error(text);
  answered(session, out, before);
  return true;
}

// False: a key it met has expired and is still there, an entry that deletes it is on its way;
// nothing was written.
bool Service::Machine::evaluate(Session& session, Operation& operation, bool is_stale) {
  std::string& out = reply_buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, operation.version);
  bool is_answered = true;
  if (operation.transaction) {
    is_answered = evaluate_all(session, operation, is_stale, reply);
  } else {
    operation.arguments(words_);
    const bool has_waited = operation.is_blocked;
    const base::Instant begun = stopwatch();
    is_answered = evaluate_one(*operation.spec, words_, operation.database, is_stale, reply,
                               operation.is_blocked, operation.remembers);
    const std::string_view text = std::string_view(out).substr(before);
    const bool waits = is_answered && waits_on(session, operation, text);
    if (is_answered && !has_waited) {
      operation.arguments(words_);
      operation.took = stopwatch() - begun;
      note_command(session, {.spec = *operation.spec,
                             .argv = words_,
                             .database = operation.database,
                             .took = operation.took,
                             .has_failed = text.starts_with('-'),
                             .is_blocked = waits});
    } else if (is_answered && !waits) {
      note_served(session, operation, text);
    }
    is_answered = is_answered && !waits;
  }
  if (!is_answered) out.resize(before);
  if (is_answered) answered(session, out, before);
  is_answered ? deliver_read(session) : forget_read();
  return is_answered;
}

// A transaction of reads. All of it is answered, or nothing.
bool Service::Machine::evaluate_all(Session& session, Operation& operation, bool is_stale,
                                    resp::ReplyWriter& reply) {
  const Transaction& transaction = *operation.transaction;
  const base::Instant begun = stopwatch();
  std::vector<std::pair<base::Duration, std::size_t>> done;  // how long, and the reply from where
  reply.array(transaction.commands().size());
  for (const Transaction::Queued& queued : transaction.commands()) {
    const base::Instant one_begun = stopwatch();
    const std::size_t start = reply.out().size();
    words_.assign(queued.words.begin(), queued.words.end());
    if (!evaluate_one(*queued.spec, words_, queued.database, is_stale, reply, false,
                      operation.remembers))
      return false;
    done.emplace_back(stopwatch() - one_begun, start);
  }
  for (std::size_t i = 0; i < done.size(); ++i) {
    note_queued(session, transaction.commands()[i], done[i].first,
                std::string_view(reply.out()).substr(done[i].second));
  }
  note_exec(session, *operation.spec, transaction, begun);
  return true;
}

bool Service::Machine::evaluate_one(const engine::CommandSpec& spec, engine::Arguments argv,
                                    std::uint32_t database, bool is_stale, resp::ReplyWriter& reply,
                                    bool is_again, bool remembers) {
  const bool is_by_log = read_now_ms_ != 0;  // the evidence is an entry: its time is now
  // Where nothing can be deleted an expired key is only invisible.
  const bool may_sweep = !is_stale && !is_by_log && !disk_.is_full &&
                         client_pause_.until <= clocks_.now && stop_ == Stop::kNot;
  std::vector<engine::Engine::Expired> expired;
  const auto outcome = engine_.query({.spec = &spec,
                                      .argv = argv,
                                      .database = database,
                                      .now_ms = is_by_log ? read_now_ms_ : log_clock_.now_ms(),
                                      .may_propose_time = !is_stale && !is_by_log,
                                      .seed = prng_.next(),
                                      .is_again = is_again,
                                      .observer = read_observer(remembers)},
                                     reply, may_sweep ? &expired : nullptr);
  if (remembers && outcome == engine::QueryOutcome::kAnswered) note_reads(spec, argv, read_keys_);
  if (outcome == engine::QueryOutcome::kNeedsTime) batcher_.want_time(std::move(expired));
  return outcome == engine::QueryOutcome::kAnswered;
}

// The leader is known and does not answer, or this node does not get what it has.
void Service::Machine::check_follower_reads() {
  if (!asked_leader_since_) return;
  if (!tickets_.has_readers() || !has_leader_elsewhere()) return asked_leader_since_.reset();
  const base::Instant deadline = *asked_leader_since_ + kLeaderWait;
  if (clocks_.now < deadline) return due(deadline);
  asked_leader_since_.reset();
  tickets_.forget_round();
  while (const auto id = tickets_.take_any()) {
    Session* session = sessions_.find(*id);
    if (session == nullptr) continue;
    session->is_listed_as_reader = false;
    const bool has_read = !session->operations.empty() && !session->is_blocked() &&
                          session->operations.front().may_follow;
    if (has_read) refuse_to_follow(*session);
    advance(*session);
  }
}

void Service::Machine::refuse_to_follow(Session& session) {
  const Operation& operation = session.operations.front();
  const PeerView* leader = config_.hot().cluster_enabled ? leader_view() : nullptr;
  const std::string text = leader != nullptr
                               ? moved(operation.slot.value_or(0), *leader)
                               : "TRYAGAIN what the leader has did not reach this node in time";
  std::string& out = reply_buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter(out, operation.version).error(text);
  answered(session, out, before);
  session.operations.pop();
}

// Sessions whose evidence has come.
void Service::Machine::serve_readers() {
  while (const auto id = tickets_.take_ready()) {
    Session* session = sessions_.find(*id);
    if (session == nullptr) continue;
    session->is_listed_as_reader = false;
    advance(*session);
  }
}

}  // namespace node
