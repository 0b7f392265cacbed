#include "node/clients/dispatcher.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/doors.h"
#include "node/clients/proposing.h"

namespace node {
namespace {

using engine::Scope;
using engine::Special;

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

Dispatcher::Dispatcher(const Parts& parts)
    : parts_(parts),
      desk_(parts.desk),
      replica_(parts.desk.replica),
      answers_(parts.answers),
      notes_(parts.notes),
      routing_(parts.routing) {}

bool Dispatcher::take(Session& session, engine::Arguments argv) {
  if (is_http(argv[0])) {
    refuse_http(session);
    return true;
  }
  const engine::Resolved resolved = manners_of(session.info.door).commands().resolve(argv);
  if (!resolved.error.empty()) {
    answers_.reject(session, resolved.spec, resolved.error);
    return true;
  }
  const engine::CommandSpec& spec = *resolved.spec;
  if (spec.special == Special::kQuit) {  // whoever asks, in any state
    notes_.note_simple(session, spec, argv);
    answers_.literal(session, "+OK\r\n", true);
    session.input.end();
    return true;
  }
  session.last_command = &spec;
  // What the user may do, and what the log of refusals says, follows the order of commands.
  const bool is_refused = parts_.access.refuses(session, spec, argv);
  if (is_refused && !session.operations.empty())
    return parts_.stalls.stall(session, Stall::kBarrier);
  const std::string why_not = refusal(session, spec, argv, is_refused);
  if (!why_not.empty()) {
    answers_.reject(session, &spec, why_not);
    return true;
  }
  if (is_paused(session, spec, argv)) return parts_.stalls.stall(session, Stall::kPaused);
  const bool is_taken = dispatch(session, spec, argv);
  // CLIENT CACHING is for the command that follows, whatever else CLIENT is asked in between.
  if (is_taken && session.tracking.has_caching && !session.multi.is_open() &&
      !is_about_client(spec))
    session.tracking.has_caching = false;
  return is_taken;
}

void Dispatcher::refuse_http(Session& session) {
  http_lines_.say(desk_.turn.now(), "http",
                  {LogLevel::kWarning,
                   "possible attack: " + session.info.remote_address +
                       " sent POST or Host: as a command, as a browser does that is misused to "
                       "reach this port; its connection is closed"},
                  desk_.turn.lines);
  parts_.output.kill(session, {});
}

// Checks that need no routing; empty: none fails.
std::string Dispatcher::refusal(const Session& session, const engine::CommandSpec& spec,
                                engine::Arguments argv, bool is_refused) {
  if (has_trait(spec, engine::kTraitDebug) && !is_debug_allowed(session))
    return std::string(kDebugNotAllowed);
  if (desk_.needs_auth(session) && (spec.flags & engine::kFlagNoAuth) == 0) {
    // HELLO carries its own credentials and answers for itself.
    return "NOAUTH Authentication required.";
  }
  if (session.multi.is_open() && (spec.flags & engine::kFlagNoMulti) != 0)
    return "ERR Command not allowed inside a transaction";
  if (is_refused) return parts_.access.judge(session, spec, argv, engine::users::Where::kTopLevel);
  if (session.is_listening() && !has_trait(spec, engine::kTraitOfSubscribers)) {
    return "ERR Can't execute '" + std::string(spec.name) +
           "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
           "context";
  }
  // DESIGN decision 21: what is about the connection or the cluster is answered in any state.
  const bool is_for_any_state = has_trait(spec, engine::kTraitAnyState);
  if (replica_.loading().is_loading && !is_for_any_state) return std::string(kLoading);
  if (replica_.terms().is_outside() && !is_for_any_state) return replica_.terms().outside();
  return {};
}

// CLIENT PAUSE holds this command back.
bool Dispatcher::is_paused(const Session& session, const engine::CommandSpec& spec,
                           engine::Arguments argv) const {
  constexpr std::uint32_t kMayWrite = engine::kFlagWrite | engine::kFlagMayReplicate;
  if (desk_.pause.until <= desk_.turn.now()) return false;
  if (!desk_.pause.is_writes_only || (spec.flags & kMayWrite) != 0) return true;
  if (spec.special == Special::kExec)
    return session.multi.queued().has_flag(kMayWrite) || session.multi.queued().may_write();
  // A script writes unless it says that it does not.
  return (spec.flags & engine::kFlagReadonly) == 0 && wants_write(session, spec, argv);
}

bool Dispatcher::is_debug_allowed(const Session& session) const {
  const std::string& setting = desk_.config.text("enable-debug-command");
  return setting == "yes" || (setting == "local" && session.info.is_loopback);
}

bool Dispatcher::dispatch(Session& session, const engine::CommandSpec& spec,
                          engine::Arguments argv) {
  if (spec.scope == Scope::kLocal && spec.special != Special::kNone) {
    return spec.special == Special::kReset ? take_local(session, spec, argv)
                                           : parts_.transactions.take(session, spec, argv);
  }
  if (session.multi.is_open()) return parts_.transactions.queue(session, spec, argv);
  switch (spec.scope) {
    case Scope::kWrite: return take_write(session, spec, argv);
    case Scope::kRead:
      return wants_write(session, spec, argv) ? take_write(session, spec, argv)
                                              : take_read(session, spec, argv);
    case Scope::kLocal: return take_local(session, spec, argv);
  }
  return true;
}

// A read that has to change bytes goes through the log where there is a leader to propose it; what
// is no read but for a flag of its script goes there always, unless it has that flag. Behind a
// write of its connection that is not applied yet it is not known whether it has to.
bool Dispatcher::wants_write(const Session& session, const engine::CommandSpec& spec,
                             engine::Arguments argv) const {
  if (spec.wants_write == nullptr) return false;
  const bool is_read_elsewhere = (spec.flags & engine::kFlagReadonly) != 0;
  const bool is_own = session.modes.reads.may_be_own() && routing_.is_own_state_enough(session);
  if (is_read_elsewhere && (is_own || !may_propose(session, replica_))) return false;
  if (session.elements_under_way > 0) return true;
  return replica_.engine().wants_write(
      {.spec = &spec, .argv = argv, .database = session.modes.database});
}

bool Dispatcher::take_write(Session& session, const engine::CommandSpec& spec,
                            engine::Arguments argv) {
  switch (routing_.route(session, spec, argv)) {
    case Route::kWait: return answers_.stall_for_leader(session, spec);
    case Route::kRefused: answers_.reject(session, &spec, routing_.refused()); return true;
    case Route::kStale:
    case Route::kFollow:
    case Route::kHere: break;
  }
  if (replica_.memory().refuses(spec)) {
    answers_.reject(session, &spec, engine::errors::kOutOfMemory);
    return true;
  }
  if (session.owes_too_much()) return parts_.stalls.stall(session, Stall::kQueueFull);
  if ((spec.flags & engine::kFlagBlocking) != 0) return take_blocking(session, spec, argv);
  const bool may_need_memory = (spec.flags & engine::kFlagDenyOom) != 0;
  Proposals& proposals = replica_.proposals();
  if (!proposals.has_room() || (may_need_memory && replica_.memory().is_far_over()))
    return parts_.stalls.stall(session, Stall::kBatchFull);
  proposals.writer().command(session.modes.database, session.modes.user,
                             replica_.memory().is_short(), argv);
  proposals.add_waiter(session,
                       answers_.push_write(session, spec, routing_.slot_if_keyed(spec, argv),
                                           may_reply_large(spec, argv)));
  // What follows is judged by the users as they are then.
  if ((spec.flags & engine::kFlagAdmin) != 0) session.parsing.stop(Stall::kBarrier);
  return true;
}

bool Dispatcher::take_blocking(Session& session, const engine::CommandSpec& spec,
                               engine::Arguments argv) {
  if (!replica_.proposals().has_room()) return parts_.stalls.stall(session, Stall::kBatchFull);
  replica_.proposals().writer().blocking(replica_.client(session.id), session.modes.version,
                                         session.modes.database, session.modes.user,
                                         replica_.memory().is_short(), argv);
  replica_.proposals().add_waiter(
      session, answers_.push_write(session, spec, routing_.slot_if_keyed(spec, argv)));
  session.parsing.stop(Stall::kBarrier);  // what follows comes after its reply
  return true;
}

bool Dispatcher::may_reply_large(const engine::CommandSpec& spec, engine::Arguments argv) const {
  if (has_trait(spec, engine::kTraitLargeReply)) return true;
  return has_trait(spec, engine::kTraitLargeReplyWithGet) && engine::has_option(argv, 3, {"get"});
}

bool Dispatcher::take_read(Session& session, const engine::CommandSpec& spec,
                           engine::Arguments argv) {
  const Route where = routing_.route_read(session, spec, argv);
  if (where == Route::kWait) return answers_.stall_for_leader(session, spec);
  if (where == Route::kRefused) {
    answers_.reject(session, &spec, routing_.refused());
    return true;
  }
  const bool is_stale = where == Route::kStale;
  const bool may_block = (spec.flags & engine::kFlagBlocking) != 0;
  if (may_block) session.parsing.stop(Stall::kBarrier);  // what follows comes after its reply
  const bool may_answer =
      !may_block && session.operations.empty() &&
      (is_stale || replica_.reads().need_no_evidence(session.modes.reads.is_by_round()));
  if (!may_answer || !read_at_once(session, spec, argv, is_stale))
    push_read(session, spec, argv, is_stale);
  return true;
}

bool Dispatcher::read_at_once(Session& session, const engine::CommandSpec& spec,
                              engine::Arguments argv, bool is_stale) {
  std::string& out = parts_.replies.buffer(session, answers_.is_silent());
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, session.modes.version);
  const base::Instant begun = notes_.stopwatch();
  const Requester requester{session, session.modes.user, engine::users::Where::kTopLevel,
                            session.tracking.remembers()};
  if (!parts_.evaluator.evaluate_one(requester, spec, argv, session.modes.database, is_stale,
                                     reply)) {
    parts_.news.forget_read();
    return false;
  }
  notes_.note_command(session, {.spec = spec,
                                .argv = argv,
                                .database = session.modes.database,
                                .took = notes_.stopwatch() - begun,
                                .has_failed = out.size() > before && out[before] == '-'});
  parts_.replies.answered(session, out, before);
  parts_.news.deliver_read(session);
  return true;
}

void Dispatcher::push_read(Session& session, const engine::CommandSpec& spec,
                           engine::Arguments argv, bool is_stale) {
  session.operations.push(OperationKind::kRead, true);
  Operation& operation = session.operations.back();
  operation.version = session.modes.version;
  operation.is_silent = answers_.is_silent();
  operation.is_allowed_stale = is_stale;
  operation.may_follow = session.may_follow();
  operation.remembers = session.tracking.remembers();
  operation.slot = routing_.slot_if_keyed(spec, argv);
  operation.database = session.modes.database;
  operation.user = session.modes.user;
  operation.ticket =
      replica_.proposals().evidence().tickets().take(session.modes.reads.is_by_round());
  operation.spec = &spec;
  operation.set_arguments(argv);
  session.operations.grown();
  if (session.operations.size() == 1) answers_.advance(session);
}

bool Dispatcher::take_local(Session& session, const engine::CommandSpec& spec,
                            engine::Arguments argv) {
  if (!has_trait(spec, engine::kTraitImmediate) && !session.operations.empty())
    return parts_.stalls.stall(session, Stall::kBarrier);
  desk_.scratch.reply.clear();
  resp::ReplyWriter reply(desk_.scratch.reply, session.modes.version);
  LocalRequests requests;
  const base::Instant begun = notes_.stopwatch();
  const bool was_off = session.modes.reply_mode == ReplyMode::kOff;
  parts_.local.run(session, spec, argv, reply, requests);
  const Terms& terms = replica_.terms();
  const bool is_about_to_serve = terms.is_leader() && !terms.is_serving() && !terms.is_outside();
  if (!requests.settings.empty() && is_about_to_serve)
    return answers_.stall_for_leader(session, spec);
  if (has_trait(spec, engine::kTraitSetsConfig)) {
    parts_.local.on_settings_changed();
  }
  notes_.note_command(session, {.spec = spec,
                                .argv = argv,
                                .database = session.modes.database,
                                .took = notes_.stopwatch() - begun + requests.sleep,
                                .has_failed = desk_.scratch.reply.starts_with('-')});
  // CLIENT REPLY ON is answered although replies were off, and so is RESET.
  if (requests.turns_replies_on || requests.is_push || (was_off && spec.special == Special::kReset))
    answers_.set_silent(false);
  if (requests.settings.empty()) {
    if (!desk_.scratch.reply.empty())
      answers_.literal(session, desk_.scratch.reply, requests.closes);
  } else {
    parts_.local.propose_settings(session, requests, desk_.scratch.reply);
  }
  if (requests.closes) session.input.end();
  parts_.local.carry_out(session, requests, false);
  return true;
}

}  // namespace node
