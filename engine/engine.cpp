#include "engine/engine.h"

#include <algorithm>

#include "engine/apply/commands.h"
#include "engine/apply/removals.h"
#include "engine/apply/waiting.h"
#include "engine/commands/families.h"
#include "engine/context/acting.h"
#include "engine/context/budgets.h"
#include "engine/context/read_context.h"
#include "engine/state/state.h"

namespace engine {
namespace {

constexpr std::size_t kFreedPerEntry = 256;

}  // namespace

const CommandTable& engine_commands() {
  static const CommandTable table({commands::families()});
  return table;
}

Engine::Engine(const CommandTable& commands) : state_(std::make_unique<State>(commands)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::begin_entry(const EntryContext& entry) {
  state_->time_ms = std::max(state_->time_ms, entry.time_ms);
  state_->entry_seed = entry.seed;
  state_->element_number = 0;
  state_->content_limit = entry.content_limit;
  state_->take_rules(entry.index, entry.rules);
}

void Engine::apply(const Element& element, resp::ReplyWriter& reply, Effects& effects,
                   LocalCommands* local, ExecObserver* observer) {
  State& state = *state_;
  reply.begin_counting(state.settings.reply_bytes_max());
  switch (element.kind) {
    case ElementKind::kCommand: run_command(state, element, reply, effects); break;
    case ElementKind::kExec: run_exec(state, element, reply, effects, local, observer); break;
    case ElementKind::kWatch:
      run_watch(state, element);
      reply.ok();
      break;
    case ElementKind::kUnwatch:
      state.watches.unwatch(element.client);
      reply.ok();
      break;
    case ElementKind::kSwept: run_swept(state, element, reply, effects); break;
    case ElementKind::kSweptFields: run_swept_fields(state, element, reply, effects); break;
    case ElementKind::kEvicted: run_evicted(state, element, reply, effects); break;
    case ElementKind::kDropClients: run_drop_clients(state, element, effects); break;
    case ElementKind::kBlocking: run_blocking(state, element, reply, effects); break;
    case ElementKind::kUnblock: run_unblock(state, element, effects); break;
    case ElementKind::kSetting:
      take_settings(state, element.argv, effects);
      reply.ok();
      break;
  }
  state.digest_reply(reply.counted());
  ++state.element_number;
  state.end_step();
  if (!state.waiters.empty()) serve_waiters(state, effects);
  state.watch_command(nullptr);
}

void Engine::set_command_watch(CommandWatch* watch) { state_->command_watch = watch; }

void Engine::foresee(const Element& element, int step, Foreseen& foreseen) const {
  if (element.kind != ElementKind::kCommand || element.argv.size() < 2) return;
  const DenseTable& table = state_->database(element.database).table();
  if (step == 0) {
    foreseen.hash = table.hash_of(element.argv[1]);
    table.prefetch_index(foreseen.hash);
  } else if (step == 1) {
    foreseen.position = table.prefetch_place(foreseen.hash);
  } else {
    table.prefetch_entry(foreseen.position);
  }
}

void Engine::end_entry() {
  state_->end_digest();
  state_->free_retired(kFreedPerEntry);
}

std::uint32_t Engine::rules() const { return state_->rules; }
AppliedDigest Engine::applied_digest() const { return state_->applied; }

bool Engine::wants_write(const Query& query) const {
  if (query.spec->wants_write == nullptr) return false;
  std::string nowhere;
  resp::ReplyWriter reply(nowhere, 2);
  ReadContext context(*state_, query.argv, query.database, state_->time_ms, false, query.seed,
                      reply);
  return query.spec->wants_write(context);
}

QueryOutcome Engine::query(const Query& query, resp::ReplyWriter& reply,
                           std::vector<Expired>* met) const {
  if (!reply.has_limit()) reply.begin_counting(state_->settings.reply_bytes_max());
  const resp::ReplyWriter::Mark before = reply.mark();
  const Acting acting(*state_, query.user, query.where, *query.spec, query.argv, query.denials);
  if (acting.is_refused()) {
    reply.error(acting.refusal());
    return QueryOutcome::kAnswered;
  }
  ReadContext context(*state_, query.argv, query.database, std::max(query.now_ms, state_->time_ms),
                      query.may_propose_time, query.seed, reply);
  context.set_again(query.is_again);
  context.observe(query.observer);
  context.gather_expired(met);
  state_->watch_command(query.spec);
  within_budget(reply, query.argv.size(), [&] { query.spec->read(context); });
  state_->watch_command(nullptr);
  if (!context.needs_time()) {
    context.count_lookups();
    return QueryOutcome::kAnswered;
  }
  reply.undo(before);
  return QueryOutcome::kNeedsTime;
}

bool Engine::is_waiting(const ClientRef& client) const {
  return state_->waiters.find(client) != nullptr;
}

std::optional<std::uint64_t> Engine::wait_of(const ClientRef& client) const {
  const WaitingClient* waiting = state_->waiters.find(client);
  return waiting == nullptr ? std::nullopt : std::optional(waiting->sequence);
}

std::vector<ClientRef> Engine::waiters_of(base::NodeId node, std::uint64_t epoch) const {
  return state_->waiters.of(node, epoch);
}

std::vector<ClientRef> Engine::waiters_left_by(base::NodeId node, std::uint64_t epoch) const {
  return state_->waiters.of_other_runs(node, epoch);
}

std::vector<ClientRef> Engine::watches_left_by(base::NodeId node, std::uint64_t epoch) const {
  return state_->watches.of_other_runs(node, epoch);
}

bool Engine::has_clients_beside(const std::vector<base::NodeId>& nodes) const {
  return state_->waiters.are_beside(nodes) || state_->watches.are_beside(nodes);
}

std::vector<ClientRef> Engine::expired_waiters(base::UnixMillis now_ms,
                                               std::size_t count_max) const {
  return state_->waiters.expired(now_ms, count_max);
}

std::optional<base::UnixMillis> Engine::next_waiter_deadline(base::UnixMillis now_ms) const {
  return state_->waiters.next_deadline(now_ms);
}

StreamWatches& Engine::stream_watches() { return state_->stream_watches; }

std::uint64_t Engine::changes() const { return state_->changes; }

base::UnixMillis Engine::time_ms() const { return state_->time_ms; }

std::uint64_t Engine::content_bytes() const { return state_->content_bytes(); }

std::uint64_t Engine::memory_bytes() const { return state_->memory_bytes(); }

std::uint64_t Engine::buried_bytes() const { return state_->buried_bytes(); }

bool Engine::free_buried(std::size_t count) { return state_->free_retired(count); }
void Engine::bury(Engine&& replaced) { state_->predecessors.bury(std::move(replaced.state_)); }

const Statistics& Engine::statistics() const { return state_->statistics; }
void Engine::reset_statistics() { state_->statistics = {}; }

void Engine::begin_checkpoint(bool is_full) { state_->begin_checkpoint(is_full); }
bool Engine::take_checkpoint_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                                  std::vector<std::uint64_t>& dropped_keyspaces) {
  return state_->take_rows(bytes_max, rows, dropped_keyspaces);
}
void Engine::finish_checkpoint() { state_->finish_checkpoint(); }
void Engine::abandon_checkpoint() { state_->abandon_checkpoint(); }
std::size_t Engine::checkpoint_backlog_bytes() const { return state_->backlog_bytes(); }
void Engine::expect_growth(double times) {
  for (const auto& keyspace : state_->databases) keyspace->expect_growth(times);
}

base::Status Engine::load_row(const base::Row& row) { return state_->load_row(row); }
base::Status Engine::finish_load() { return state_->finish_load(); }

}  // namespace engine
