// What becomes of one command, in Redis's order of checks: known, arity, authentication, allowed in
// MULTI, routed, memory.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/service_machine.h"

namespace node {
namespace {

using engine::Scope;

constexpr std::string_view kDebugNotAllowed =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
    "can run it from a local "
    "connection, otherwise you need to set this option in the configuration file, and then restart "
    "the server.";
constexpr std::string_view kLoading = "LOADING Redis is loading the dataset in memory";

bool is_about_client(const engine::CommandSpec& spec) { return spec.name.starts_with("client|"); }

// A browser that was made to send a request here: what follows is not its user's will (Redis 7.0
// ends it at the same two words).
bool is_http(std::string_view word) {
  return (word.size() == 4 && engine::equals_ignoring_case(word, "post")) ||
         (word.size() == 5 && engine::equals_ignoring_case(word, "host:"));
}

}  // namespace

bool Service::Machine::take_command(Session& session, engine::Arguments argv) {
  if (is_http(argv[0])) {
    refuse_http(session);
    return true;
  }
  const engine::Resolved resolved = commands().resolve(argv);
  if (!resolved.error.empty()) {
    reject(session, resolved.spec, resolved.error);
    return true;
  }
  const engine::CommandSpec& spec = *resolved.spec;
  if (spec.special == Special::kQuit) {  // whoever asks, in any state
    note_simple(session, spec, argv);
    literal(session, "+OK\r\n", true);
    end_input(session);
    return true;
  }
  session.last_command = &spec;
  const std::string why_not = refusal(session, spec);
  if (!why_not.empty()) {
    reject(session, &spec, why_not);
    return true;
  }
  if (is_paused(session, spec)) return stall(session, Stall::kPaused);
  const bool is_taken = dispatch(session, spec, argv);
  // CLIENT CACHING is for the command that follows, whatever else CLIENT is asked in between.
  if (is_taken && session.tracking.has_caching && !session.in_multi && !is_about_client(spec))
    session.tracking.has_caching = false;
  return is_taken;
}

void Service::Machine::refuse_http(Session& session) {
  http_lines_.say(clocks_.now, "http",
                  {LogLevel::kWarning,
                   "possible attack: " + session.info.remote_address +
                       " sent POST or Host: as a command, as a browser does that is misused to "
                       "reach this port; its connection is closed"},
                  out_.lines);
  kill(session, {});
}

// Checks that need no routing; empty: none fails.
std::string Service::Machine::refusal(const Session& session,
                                      const engine::CommandSpec& spec) const {
  if (has_trait(spec, engine::kTraitDebug) && !is_debug_allowed(session))
    return std::string(kDebugNotAllowed);
  if (needs_auth(session) && (spec.flags & engine::kFlagNoAuth) == 0) {
    // HELLO carries its own credentials and answers for itself.
    return "NOAUTH Authentication required.";
  }
  if (session.in_multi && (spec.flags & engine::kFlagNoMulti) != 0)
    return "ERR Command not allowed inside a transaction";
  if (session.is_listening() && !has_trait(spec, engine::kTraitOfSubscribers)) {
    return "ERR Can't execute '" + std::string(spec.name) +
           "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
           "context";
  }
  // DESIGN decision 21: what is about the connection or the cluster is answered in any state.
  const bool is_for_any_state = has_trait(spec, engine::kTraitAnyState);
  if (loading_status_.is_loading && !is_for_any_state) return std::string(kLoading);
  if (is_outside() && !is_for_any_state) return outside_;
  return {};
}

// CLIENT PAUSE holds this command back.
bool Service::Machine::is_paused(const Session& session, const engine::CommandSpec& spec) const {
  constexpr std::uint32_t kMayWrite = engine::kFlagWrite | engine::kFlagMayReplicate;
  if (client_pause_.until <= clocks_.now) return false;
  return !client_pause_.is_writes_only || (spec.flags & kMayWrite) != 0 ||
         (spec.special == Special::kExec && session.transaction.has_flag(kMayWrite));
}

bool Service::Machine::is_debug_allowed(const Session& session) const {
  const std::string& setting = config_.text("enable-debug-command");
  return setting == "yes" || (setting == "local" && session.info.is_loopback);
}

bool Service::Machine::dispatch(Session& session, const engine::CommandSpec& spec,
                                engine::Arguments argv) {
  if (spec.scope == Scope::kLocal) {
    if (spec.special != Special::kNone) return take_special(session, spec, argv);
  }
  if (session.in_multi) return queue_in_multi(session, spec, argv);
  switch (spec.scope) {
    case Scope::kWrite: return take_write(session, spec, argv);
    case Scope::kRead:
      return wants_write(session, spec, argv) ? take_write(session, spec, argv)
                                              : take_read(session, spec, argv);
    case Scope::kLocal: return take_local(session, spec, argv);
  }
  return true;
}

// A read that has to change bytes goes through the log where there is a leader to propose it.
// Behind others of its connection it is not known yet whether it has to.
bool Service::Machine::wants_write(const Session& session, const engine::CommandSpec& spec,
                                   engine::Arguments argv) const {
  if (spec.wants_write == nullptr || !is_serving_leader()) return false;
  if (!session.operations.empty()) return true;
  return engine_.wants_write({.spec = &spec, .argv = argv, .database = session.database});
}

// A command that was not carried out; within MULTI it spoils the transaction, an EXEC ends it.
void Service::Machine::reject(Session& session, const engine::CommandSpec* spec,
                              std::string_view text) {
  if (spec != nullptr) note_rejected(*spec);
  if (spec != nullptr && spec->special == Special::kExec) {
    end_transaction(session);
    if (text.starts_with("ERR ")) text.remove_prefix(4);
    return error(session, "EXECABORT Transaction discarded because of: " + std::string(text));
  }
  if (session.in_multi) session.transaction.is_dirty = true;
  error(session, text);
}

bool Service::Machine::stall(Session& session, Stall reason) {
  session.stall = reason;
  if (reason == Stall::kBatchFull) batch_stalled_.push_back(session.id);
  if (reason == Stall::kOutputFull) session.waits_for_output = true;
  if (reason == Stall::kLeader || reason == Stall::kPaused) timed_stalls_.push_back(session.id);
  return false;
}

bool Service::Machine::take_write(Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv) {
  switch (route(session, spec, argv)) {
    case Route::kWait: return stall_for_leader(session, spec);
    case Route::kRefused: reject(session, &spec, refused_); return true;
    case Route::kStale:
    case Route::kFollow:
    case Route::kHere: break;
  }
  if (refuses_for_memory(spec)) {
    reject(session, &spec, engine::errors::kOutOfMemory);
    return true;
  }
  if (owes_too_much(session)) return stall(session, Stall::kQueueFull);
  if ((spec.flags & engine::kFlagBlocking) != 0) return take_blocking(session, spec, argv);
  const bool is_short = is_memory_short();
  if (batcher_.is_full() || ((spec.flags & engine::kFlagDenyOom) != 0 && is_far_over_memory()))
    return stall(session, Stall::kBatchFull);
  batcher_.writer().command(session.database, session.user, is_short, argv);
  batcher_.add_waiter(
      session, push_write(session, spec, slot_if_keyed(spec, argv), may_reply_large(spec, argv)));
  return true;
}

bool Service::Machine::may_reply_large(const engine::CommandSpec& spec,
                                       engine::Arguments argv) const {
  if (has_trait(spec, engine::kTraitLargeReply)) return true;
  return has_trait(spec, engine::kTraitLargeReplyWithGet) && engine::has_option(argv, 3, {"get"});
}

// The operation that waits for an element just written.
std::uint64_t Service::Machine::push_write(Session& session, const engine::CommandSpec& spec,
                                           std::optional<std::uint16_t> slot, bool may_be_large) {
  const std::uint64_t number = session.operations.push(OperationKind::kWrite, may_be_large);
  Operation& operation = session.operations.back();
  operation.version = session.version;
  operation.is_silent = is_silent_;
  operation.slot = slot;
  operation.spec = &spec;
  operation.remembers = session.tracking.remembers();
  ++session.elements_under_way;
  return number;
}

bool Service::Machine::take_read(Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv) {
  const Route where = route(session, spec, argv);
  if (where == Route::kWait) return stall_for_leader(session, spec);
  if (where == Route::kRefused) {
    reject(session, &spec, refused_);
    return true;
  }
  const bool is_stale = where == Route::kStale;
  const bool may_block = (spec.flags & engine::kFlagBlocking) != 0;
  if (may_block) session.stall = Stall::kBarrier;  // what follows comes after its reply
  if (!may_block && session.operations.empty() && (is_stale || needs_no_evidence())) {
    std::string& out = reply_buffer(session, is_silent_);
    const std::size_t before = out.size();
    resp::ReplyWriter reply(out, session.version);
    const base::Instant begun = stopwatch();
    if (evaluate_one(spec, argv, session.database, is_stale, reply, false,
                     session.tracking.remembers())) {
      note_command(session, {.spec = spec,
                             .argv = argv,
                             .database = session.database,
                             .took = stopwatch() - begun,
                             .has_failed = out.size() > before && out[before] == '-'});
      answered(session, out, before);
      deliver_read(session);
      return true;
    }
    forget_read();
  }
  session.operations.push(OperationKind::kRead, true);
  Operation& operation = session.operations.back();
  operation.version = session.version;
  operation.is_silent = is_silent_;
  operation.is_allowed_stale = is_stale;
  operation.may_follow = session.is_linearizable;
  operation.remembers = session.tracking.remembers();
  operation.slot = slot_if_keyed(spec, argv);
  operation.database = session.database;
  operation.ticket = tickets_.open();
  operation.spec = &spec;
  operation.set_arguments(argv);
  session.operations.grown();
  if (session.operations.size() == 1) advance(session);
  return true;
}

bool Service::Machine::take_local(Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv) {
  if (!has_trait(spec, engine::kTraitImmediate) && !session.operations.empty())
    return stall(session, Stall::kBarrier);
  scratch_.clear();
  resp::ReplyWriter reply(scratch_, session.version);
  LocalRequests requests;
  const base::Instant begun = stopwatch();
  const bool was_off = session.reply_mode == ReplyMode::kOff;
  run_local(session, spec, argv, reply, requests, false);
  const bool is_about_to_serve = is_leader() && !is_serving_leader() && !is_outside();
  if (!requests.settings.empty() && is_about_to_serve) return stall_for_leader(session, spec);
  if (has_trait(spec, engine::kTraitSetsConfig)) {
    refresh_monitoring();
    refresh_output_limits();
    announce_again();
  }
  note_command(session, {.spec = spec,
                         .argv = argv,
                         .database = session.database,
                         .took = stopwatch() - begun + requests.sleep,
                         .has_failed = scratch_.starts_with('-')});
  // CLIENT REPLY ON is answered although replies were off, and so is RESET.
  if (requests.turns_replies_on || requests.is_push || (was_off && spec.special == Special::kReset))
    is_silent_ = false;
  if (requests.settings.empty()) {
    if (!scratch_.empty()) literal(session, scratch_, requests.closes);
  } else {
    propose_settings(session, requests, scratch_);
  }
  if (requests.closes) end_input(session);
  carry_out(session, requests, false);
  return true;
}

}  // namespace node
