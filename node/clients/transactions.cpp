#include "node/clients/transactions.h"

#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/proposing.h"
#include "node/clients/watch.h"

namespace node {

using engine::Scope;
using engine::Special;

Transactions::Transactions(const Parts& parts)
    : desk_(parts.desk),
      replica_(parts.desk.replica),
      stalls_(parts.stalls),
      output_(parts.output),
      notes_(parts.notes),
      routing_(parts.routing),
      answers_(parts.answers),
      local_(parts.local) {}

bool Transactions::take(Session& session, const engine::CommandSpec& spec, engine::Arguments argv) {
  switch (spec.special) {
    case Special::kMulti: return take_multi(session, spec, argv);
    case Special::kDiscard: return take_discard(session, spec, argv);
    case Special::kExec: return take_exec(session, spec, argv);
    case Special::kWatch: return take_watch(session, spec, argv);
    case Special::kUnwatch:
      if (session.multi.is_open()) return queue(session, spec, argv);
      notes_.note_simple(session, spec, argv);
      forget_watch(session, replica_);
      answers_.literal(session, "+OK\r\n");
      return true;
    case Special::kReset:
    case Special::kQuit:
    case Special::kNone: break;
  }
  CHECK(false);
  return true;
}

bool Transactions::take_multi(Session& session, const engine::CommandSpec& spec,
                              engine::Arguments argv) {
  if (session.multi.is_open()) {
    refuse_special(session, spec, argv, "ERR MULTI calls can not be nested");
    return true;
  }
  session.multi.begin();
  notes_.note_simple(session, spec, argv);
  answers_.literal(session, "+OK\r\n");
  return true;
}

bool Transactions::take_discard(Session& session, const engine::CommandSpec& spec,
                                engine::Arguments argv) {
  if (!session.multi.is_open()) {
    refuse_special(session, spec, argv, "ERR DISCARD without MULTI");
    return true;
  }
  end_transaction(session, replica_);
  notes_.note_simple(session, spec, argv);
  answers_.literal(session, "+OK\r\n");
  return true;
}

// One that was carried out and failed.
void Transactions::refuse_special(Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv, std::string_view text) {
  notes_.note_simple(session, spec, argv, true);
  answers_.error(session, text);
}

bool Transactions::queue(Session& session, const engine::CommandSpec& spec,
                         engine::Arguments argv) {
  if (spec.scope != Scope::kLocal) {
    const Route where = routing_.route(session, spec, argv);
    if (where == Route::kWait) return answers_.stall_for_leader(session, spec);
    if (where == Route::kRefused) {
      answers_.reject(session, &spec, routing_.refused());
      return true;
    }
    if (replica_.memory().refuses(spec)) {
      answers_.reject(session, &spec, engine::errors::kOutOfMemory);
      return true;
    }
  }
  if (session.multi.queued().bytes() > desk_.config.hot().query_buffer_bytes_max) {
    output_.kill(session, "its transaction is over the limit of the query buffer");
    return true;
  }
  session.multi.queued().queue(spec, argv);
  answers_.literal(session, "+QUEUED\r\n");
  return true;
}

bool Transactions::take_exec(Session& session, const engine::CommandSpec& spec,
                             engine::Arguments argv) {
  Transaction& transaction = session.multi.queued();
  if (!session.multi.is_open() || session.multi.is_spoilt()) {
    abort_exec(session, spec, argv);
    return true;
  }
  transaction.exec_word = argv[0];
  const std::optional<std::uint16_t> slot = place_commands(session, transaction);
  const bool has_write = transaction.has_scope(Scope::kWrite) ||
                         (may_propose(session, replica_) && transaction.may_write());
  const bool has_read = transaction.has_scope(Scope::kRead);
  const bool has_local = transaction.has_scope(Scope::kLocal);
  const bool has_settings = find_settings(transaction);
  if (!has_write && !has_read && !has_settings && !session.has_watch)
    return exec_locally(session, spec);
  if (has_settings && !replica_.terms().is_leader() && !session.is_forwarded) {
    end_transaction(session, replica_);
    local_.refuse_settings(session);
    return true;
  }
  return exec_somewhere(session, spec, has_write || session.has_watch || has_local, slot);
}

void Transactions::abort_exec(Session& session, const engine::CommandSpec& spec,
                              engine::Arguments argv) {
  const bool is_abort = session.multi.is_spoilt();
  if (is_abort) end_transaction(session, replica_);
  Transaction nothing;
  nothing.exec_word = argv[0];
  notes_.note_exec(session, spec, nothing, notes_.stopwatch(), true);
  answers_.error(session, is_abort ? "EXECABORT Transaction discarded because of previous errors."
                                   : "ERR EXEC without MULTI");
}

// SELECT inside takes effect for what follows it.
std::optional<std::uint16_t> Transactions::place_commands(const Session& session,
                                                          Transaction& transaction) {
  std::uint32_t database = session.modes.database;
  std::optional<std::uint16_t> slot;
  for (Transaction::Queued& queued : transaction.commands()) {
    queued.database = database;
    if (has_trait(*queued.spec, engine::kTraitSelects)) {
      const auto wanted = base::parse_integer(queued.words[1]);
      if (wanted && *wanted >= 0 && *wanted < base::limits::kDatabases)
        database = static_cast<std::uint32_t>(*wanted);
    }
    if (slot) continue;
    desk_.scratch.words.assign(queued.words.begin(), queued.words.end());
    slot = routing_.slot_if_keyed(*queued.spec, desk_.scratch.words);
  }
  return slot;
}

bool Transactions::exec_somewhere(Session& session, const engine::CommandSpec& spec,
                                  bool goes_through_log, std::optional<std::uint16_t> slot) {
  const Route where = routing_.route(session, goes_through_log, !slot, slot.value_or(0));
  if (where == Route::kWait) return answers_.stall_for_leader(session, spec);
  if (where == Route::kRefused) {
    notes_.note_rejected(spec);
    end_transaction(session, replica_);
    answers_.error(session, routing_.refused());
    return true;
  }
  return goes_through_log ? exec_through_log(session, spec, slot)
                          : exec_as_read(session, spec, where, slot);
}

// Replicated settings of a CONFIG SET go into the entry of the EXEC, as this node understands them.
// One that is in error says so when it is carried out, and changes nothing.
bool Transactions::find_settings(Transaction& transaction) {
  bool has_settings = false;
  for (Transaction::Queued& queued : transaction.commands()) {
    if (!has_trait(*queued.spec, engine::kTraitSetsConfig)) continue;
    desk_.scratch.words.assign(queued.words.begin(), queued.words.end());
    const auto changes = config_changes(desk_.config, desk_.scratch.words);
    queued.settings.clear();
    if (!changes.ok()) continue;
    for (const Config::Change& change : changes.value()) {
      if (!change.is_replicated) continue;
      queued.settings.insert(queued.settings.end(), {change.name, change.value});
      has_settings = true;
    }
  }
  return has_settings;
}

bool Transactions::exec_through_log(Session& session, const engine::CommandSpec& spec,
                                    std::optional<std::uint16_t> slot) {
  const bool is_short = replica_.memory().is_short();
  if (session.multi.queued().has_flag(engine::kFlagDenyOom) && replica_.memory().refuses()) {
    answers_.reject(session, &spec, engine::errors::kOutOfMemory);
    return true;
  }
  if (session.owes_too_much()) return stalls_.stall(session, Stall::kQueueFull);
  if (!replica_.proposals().has_room()) return stalls_.stall(session, Stall::kBatchFull);
  const bool has_local = session.multi.queued().has_scope(Scope::kLocal) ||
                         session.multi.queued().has_flag(engine::kFlagAdmin);
  replica_.proposals().writer().exec(replica_.client(session.id), session.has_watch,
                                     session.modes.user, is_short,
                                     session.multi.queued().as_batch());
  const std::uint64_t number = answers_.push_write(session, spec, slot, true);
  session.operations.back().transaction = std::make_unique<Transaction>(session.multi.take());
  replica_.proposals().add_waiter(session, number);
  session.has_watch = false;
  // What local commands change of the session's modes, or others of its rights, is known only when
  // it is applied.
  if (has_local) session.parsing.stop(Stall::kBarrier);
  return true;
}

bool Transactions::exec_as_read(Session& session, const engine::CommandSpec& spec, Route where,
                                std::optional<std::uint16_t> slot) {
  session.operations.push(OperationKind::kRead, true);
  Operation& operation = session.operations.back();
  operation.version = session.modes.version;
  operation.is_silent = answers_.is_silent();
  operation.is_allowed_stale = where == Route::kStale;
  operation.may_follow = session.may_follow();
  operation.remembers = session.tracking.remembers();
  operation.slot = slot;
  operation.ticket =
      replica_.proposals().evidence().tickets().take(session.modes.reads.is_by_round());
  operation.spec = &spec;
  operation.user = session.modes.user;
  operation.transaction = std::make_unique<Transaction>(session.multi.take());
  if (session.operations.size() == 1) answers_.advance(session);
  return true;
}

bool Transactions::exec_locally(Session& session, const engine::CommandSpec& spec) {
  if (!session.operations.empty()) return stalls_.stall(session, Stall::kBarrier);
  const Transaction transaction = session.multi.take();
  std::string replies;
  resp::ReplyWriter(replies, session.modes.version).array(transaction.commands().size());
  LocalRequests requests;
  const base::Instant begun = notes_.stopwatch();
  for (const Transaction::Queued& queued : transaction.commands()) {
    const std::vector<std::string_view> argv(queued.words.begin(), queued.words.end());
    resp::ReplyWriter reply(replies, session.modes.version);
    const base::Instant one_begun = notes_.stopwatch();
    const std::size_t start = replies.size();
    local_.run(session, *queued.spec, argv, reply, requests, LocalRunner::Place::kInExec);
    notes_.note_queued(session, queued, notes_.stopwatch() - one_begun,
                       std::string_view(replies).substr(start));
  }
  notes_.note_exec(session, spec, transaction, begun);
  answers_.literal(session, replies, requests.closes);
  local_.carry_out(session, requests, true);
  return true;
}

bool Transactions::take_watch(Session& session, const engine::CommandSpec& spec,
                              engine::Arguments argv) {
  if (session.multi.is_open()) {
    refuse_special(session, spec, argv, "ERR WATCH inside MULTI is not allowed");
    return true;
  }
  if (may_propose(session, replica_)) {
    if (session.owes_too_much()) return stalls_.stall(session, Stall::kQueueFull);
    if (!replica_.proposals().has_room()) return stalls_.stall(session, Stall::kBatchFull);
    replica_.proposals().writer().watch(replica_.client(session.id), session.modes.database,
                                        argv.subspan(1));
    replica_.proposals().add_waiter(
        session, answers_.push_write(session, spec, routing_.slot_if_keyed(spec, argv)));
    notes_.note_simple(session, spec, argv);
    session.has_watch = true;
    return true;
  }
  if (replica_.loading().is_loading) {
    answers_.error(session, "LOADING Redis is loading the dataset in memory");
    return true;
  }
  if (routing_.route(session, true, false, routing_.slot_of(spec, argv)) == Route::kWait)
    return answers_.stall_for_leader(session, spec);
  answers_.error(session, routing_.refused());
  return true;
}

}  // namespace node
