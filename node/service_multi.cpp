// MULTI to EXEC, and WATCH. A transaction with a write, or with a watch, is one element of a batch:
// the watch is judged when it is applied (DESIGN decision 6). One of only reads is a read; one of
// only local commands needs nobody.
#include <utility>

#include "base/limits.h"
#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/service_machine.h"

namespace node {

using engine::Scope;

bool Service::Machine::take_special(Session& session, const engine::CommandSpec& spec,
                                    engine::Arguments argv) {
  const bool queues = session.in_multi && spec.special == Special::kUnwatch;
  if (queues) return queue_in_multi(session, spec, argv);
  switch (spec.special) {
    case Special::kMulti:
      if (session.in_multi) {
        refuse_special(session, spec, argv, "ERR MULTI calls can not be nested");
        return true;
      }
      session.in_multi = true;
      session.transaction = {};
      note_simple(session, spec, argv);
      literal(session, "+OK\r\n");
      return true;
    case Special::kDiscard:
      if (!session.in_multi) {
        refuse_special(session, spec, argv, "ERR DISCARD without MULTI");
        return true;
      }
      end_transaction(session);
      note_simple(session, spec, argv);
      literal(session, "+OK\r\n");
      return true;
    case Special::kExec: return take_exec(session, spec, argv);
    case Special::kWatch: return take_watch(session, spec, argv);
    case Special::kUnwatch:
      note_simple(session, spec, argv);
      forget_watch(session);
      literal(session, "+OK\r\n");
      return true;
    case Special::kReset:
    case Special::kQuit:
    case Special::kNone: return take_local(session, spec, argv);
  }
  return true;
}

// One that was carried out and failed.
void Service::Machine::refuse_special(Session& session, const engine::CommandSpec& spec,
                                      engine::Arguments argv, std::string_view text) {
  note_simple(session, spec, argv, true);
  error(session, text);
}

bool Service::Machine::queue_in_multi(Session& session, const engine::CommandSpec& spec,
                                      engine::Arguments argv) {
  if (spec.scope != Scope::kLocal) {
    const Route where = route(session, spec, argv);
    if (where == Route::kWait) return stall_for_leader(session, spec);
    if (where == Route::kRefused) {
      reject(session, &spec, refused_);
      return true;
    }
    if (refuses_for_memory(spec)) {
      reject(session, &spec, engine::errors::kOutOfMemory);
      return true;
    }
  }
  if (session.transaction.bytes() > config_.hot().query_buffer_bytes_max) {
    kill(session, "its transaction is over the limit of the query buffer");
    return true;
  }
  session.transaction.queue(spec, argv);
  literal(session, "+QUEUED\r\n");
  return true;
}

bool Service::Machine::take_exec(Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv) {
  Transaction& transaction = session.transaction;
  const bool is_abort = session.in_multi && transaction.is_dirty;
  if (!session.in_multi || is_abort) {
    if (is_abort) end_transaction(session);
    transaction.exec_word = argv[0];
    note_exec(session, spec, transaction, stopwatch(), true);
    error(session, is_abort ? "EXECABORT Transaction discarded because of previous errors."
                            : "ERR EXEC without MULTI");
    return true;
  }
  transaction.exec_word = argv[0];
  // SELECT inside takes effect for what follows it.
  std::uint32_t database = session.database;
  std::optional<std::uint16_t> slot;
  for (Transaction::Queued& queued : transaction.commands()) {
    queued.database = database;
    if (has_trait(*queued.spec, engine::kTraitSelects)) {
      const auto wanted = base::parse_integer(queued.words[1]);
      if (wanted && *wanted >= 0 && *wanted < base::limits::kDatabases)
        database = static_cast<std::uint32_t>(*wanted);
    }
    if (slot) continue;
    words_.assign(queued.words.begin(), queued.words.end());
    slot = slot_if_keyed(*queued.spec, words_);
  }
  const bool has_write =
      transaction.has_scope(Scope::kWrite) || (is_serving_leader() && transaction.may_write());
  const bool has_read = transaction.has_scope(Scope::kRead);
  const bool has_local = transaction.has_scope(Scope::kLocal);
  const bool has_settings = find_settings(transaction);
  if (!has_write && !has_read && !has_settings && !session.has_watch)
    return exec_locally(session, spec);
  if (has_settings && !is_leader()) {
    end_transaction(session);
    refuse_settings(session);
    return true;
  }
  const bool goes_through_log = has_write || session.has_watch || has_local;
  const Route where = route(session, goes_through_log, !slot, slot.value_or(0));
  if (where == Route::kWait) return stall_for_leader(session, spec);
  if (where == Route::kRefused) {
    note_rejected(spec);
    end_transaction(session);
    error(session, refused_);
    return true;
  }
  return goes_through_log ? exec_through_log(session, spec, slot)
                          : exec_as_read(session, spec, where, slot);
}

// Replicated settings of a CONFIG SET go into the entry of the EXEC, as this node understands them.
// One that is in error says so when it is carried out, and changes nothing.
bool Service::Machine::find_settings(Transaction& transaction) {
  bool has_settings = false;
  for (Transaction::Queued& queued : transaction.commands()) {
    if (!has_trait(*queued.spec, engine::kTraitSetsConfig)) continue;
    words_.assign(queued.words.begin(), queued.words.end());
    const auto changes = config_changes(config_, words_);
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

bool Service::Machine::exec_through_log(Session& session, const engine::CommandSpec& spec,
                                        std::optional<std::uint16_t> slot) {
  const bool is_short = is_memory_short();
  if (session.transaction.has_flag(engine::kFlagDenyOom) && refuses_for_memory()) {
    reject(session, &spec, engine::errors::kOutOfMemory);
    return true;
  }
  if (owes_too_much(session)) return stall(session, Stall::kQueueFull);
  if (batcher_.is_full()) return stall(session, Stall::kBatchFull);
  const bool has_local = session.transaction.has_scope(Scope::kLocal);
  batcher_.writer().exec(client_ref(session), session.has_watch, session.user, is_short,
                         session.transaction.as_batch());
  const std::uint64_t number = push_write(session, spec, slot, true);
  session.operations.back().transaction =
      std::make_unique<Transaction>(std::move(session.transaction));
  batcher_.add_waiter(session, number);
  session.in_multi = session.has_watch = false;
  session.watched_keys = 0;
  session.transaction = {};
  // What local commands change of the session's modes is known only when it is applied.
  if (has_local) session.stall = Stall::kBarrier;
  return true;
}

bool Service::Machine::exec_as_read(Session& session, const engine::CommandSpec& spec, Route where,
                                    std::optional<std::uint16_t> slot) {
  session.operations.push(OperationKind::kRead, true);
  Operation& operation = session.operations.back();
  operation.version = session.version;
  operation.is_silent = is_silent_;
  operation.is_allowed_stale = where == Route::kStale;
  operation.may_follow = session.is_linearizable;
  operation.remembers = session.tracking.remembers();
  operation.slot = slot;
  operation.ticket = tickets_.open();
  operation.spec = &spec;
  operation.transaction = std::make_unique<Transaction>(std::move(session.transaction));
  session.in_multi = false;
  session.transaction = {};
  if (session.operations.size() == 1) advance(session);
  return true;
}

bool Service::Machine::exec_locally(Session& session, const engine::CommandSpec& spec) {
  if (!session.operations.empty()) return stall(session, Stall::kBarrier);
  const Transaction transaction = std::exchange(session.transaction, {});
  session.in_multi = false;
  std::string replies;
  resp::ReplyWriter(replies, session.version).array(transaction.commands().size());
  LocalRequests requests;
  const base::Instant begun = stopwatch();
  for (const Transaction::Queued& queued : transaction.commands()) {
    const std::vector<std::string_view> argv(queued.words.begin(), queued.words.end());
    resp::ReplyWriter reply(replies, session.version);
    const base::Instant one_begun = stopwatch();
    const std::size_t start = replies.size();
    run_local(session, *queued.spec, argv, reply, requests, true);
    note_queued(session, queued, stopwatch() - one_begun, std::string_view(replies).substr(start));
  }
  note_exec(session, spec, transaction, begun);
  literal(session, replies, requests.closes);
  carry_out(session, requests, true);
  return true;
}

bool Service::Machine::take_watch(Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv) {
  if (session.in_multi) {
    refuse_special(session, spec, argv, "ERR WATCH inside MULTI is not allowed");
    return true;
  }
  if (is_serving_leader()) {
    if (owes_too_much(session)) return stall(session, Stall::kQueueFull);
    if (batcher_.is_full()) return stall(session, Stall::kBatchFull);
    batcher_.writer().watch(client_ref(session), session.database, argv.subspan(1));
    batcher_.add_waiter(session, push_write(session, spec, slot_if_keyed(spec, argv)));
    note_simple(session, spec, argv);
    session.has_watch = true;
    session.watched_keys += argv.size() - 1;
    return true;
  }
  if (loading_status_.is_loading) {
    error(session, "LOADING Redis is loading the dataset in memory");
    return true;
  }
  if (route(session, true, false, slot_of(spec, argv)) == Route::kWait)
    return stall_for_leader(session, spec);
  error(session, refused_);
  return true;
}

void Service::Machine::end_transaction(Session& session) {
  session.in_multi = false;
  session.transaction = {};
  forget_watch(session);
}

// UNWATCH and its like. Nobody waits for the element: it takes effect at its place in the log,
// before a later EXEC.
void Service::Machine::forget_watch(Session& session) {
  if (!session.has_watch) return;
  session.has_watch = false;
  session.watched_keys = 0;
  if (!is_leader()) return;  // the next leader drops it
  batcher_.writer().unwatch(client_ref(session));
  batcher_.add_nobody();
}

engine::ClientRef Service::Machine::client_ref(const Session& session) const {
  return {.node = options_.self, .epoch = options_.epoch, .connection = session.id};
}

}  // namespace node
