#include "engine/engine.h"

#include <algorithm>

#include "base/check.h"
#include "engine/acting.h"
#include "engine/budgets.h"
#include "engine/codec.h"
#include "engine/commands/families.h"
#include "engine/context.h"
#include "engine/exec_observer.h"
#include "engine/removals.h"
#include "engine/state.h"
#include "engine/types/stream.h"
#include "engine/users/users_setting.h"

namespace engine {
namespace {

constexpr std::size_t kSweepLooksMin = 4096;
constexpr std::size_t kSweepLooksPerKey = 64;
constexpr std::size_t kFreedPerEntry = 256;

std::uint64_t element_seed(const Engine::State& state) {
  return base::mix64(state.entry_seed + 0x9E3779B97F4A7C15ULL * (state.element_number + 1));
}

// Counts a command as one change if it changed any key.
class ChangeCounter {
 public:
  explicit ChangeCounter(Engine::State& state) : state_(state), before_(state.key_changes) {}
  ChangeCounter(const ChangeCounter&) = delete;
  ChangeCounter& operator=(const ChangeCounter&) = delete;
  ~ChangeCounter() { state_.changes += state_.key_changes != before_ ? 1 : 0; }

 private:
  Engine::State& state_;
  std::uint64_t before_;
};

// Runs one resolved command of a batch; a command that cannot be resolved answers its error, the
// same on every node.
struct Origin {
  std::string_view user;
  users::Where where = users::Where::kTopLevel;
};
void run_command(Engine::State& state, const Origin& origin, Arguments argv, std::uint32_t database,
                 std::uint64_t seed, resp::ReplyWriter& reply, Effects& effects) {
  CHECK(database < state.databases.size());
  const ChangeCounter counter(state);
  const Resolved resolved = state.commands.resolve(argv);
  if (!resolved.error.empty()) return reply.error(resolved.error);
  const Acting acting(state, origin.user, origin.where, *resolved.spec, argv, &effects.denials);
  if (acting.is_refused()) return reply.error(acting.refusal());
  if (state.content_before_exec == Engine::State::kNoExec &&
      is_refused_for_memory(state, *resolved.spec))
    return reply.error(errors::kOutOfMemory);
  state.watch_command(resolved.spec);
  if (resolved.spec->write != nullptr) {
    WriteContext context(state, argv, database, seed, reply, effects);
    resolved.spec->write(context);
    context.count_lookups();
  } else if (resolved.spec->scope == Scope::kRead) {
    ReadContext context(state, argv, database, state.time_ms, false, seed, reply);
    resolved.spec->read(context);
    context.count_lookups();
  } else {
    reply.error("ERR command is not allowed here");
  }
}

// ---- clients that wait ----

constexpr std::string_view kRoleChanged =
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

void run_blocking(Engine::State& state, const Element& element, std::uint64_t seed,
                  resp::ReplyWriter& reply, Effects& effects) {
  const Resolved resolved = state.commands.resolve(element.argv);
  if (!resolved.error.empty()) return reply.error(resolved.error);
  if (resolved.spec->scope != Scope::kWrite) return reply.error("ERR command is not allowed here");
  const Acting acting(state, element.user, users::Where::kTopLevel, *resolved.spec, element.argv,
                      &effects.denials);
  if (acting.is_refused()) return reply.error(acting.refusal());
  if (is_refused_for_memory(state, *resolved.spec)) return reply.error(errors::kOutOfMemory);
  // It has been told that the outcome of the one before is in doubt, or it would be waiting still.
  static_cast<void>(state.waiters.remove(element.client));
  state.watch_command(resolved.spec);
  const ChangeCounter counter(state);
  BlockRequest request;
  WriteContext context(state, element.argv, element.database, seed, reply, effects);
  context.allow_blocking(request);
  resolved.spec->write(context);
  context.count_lookups();
  if (!request.is_set) return;
  state.waiters.add({.client = element.client,
                     .version = element.version,
                     .database = element.database,
                     .deadline_ms = request.deadline_ms,
                     .argv = {element.argv.begin(), element.argv.end()},
                     .keys = std::move(request.keys)});
}

bool has_type(const Engine::State& state, const Place& place, Type type) {
  const Entry* entry = state.database(place.database).find(place.key);
  return entry != nullptr && !state.is_expired(*entry) && entry->value().type() == type;
}

// Carries out a client's command for a key that is ready; false: there is nothing for it.
bool serve_client(Engine::State& state, const ClientRef& client, const Place& place, Type type,
                  Effects& effects) {
  const WaitingClient& waiting = *state.waiters.find(client);
  const std::vector<std::string_view> argv(waiting.argv.begin(), waiting.argv.end());
  const Resolved resolved = state.commands.resolve(argv);
  CHECK(resolved.error.empty());
  ServedReply served{client, waiting.sequence, {}};
  resp::ReplyWriter reply(served.bytes, waiting.version);
  if (!has_type(state, place, type)) {
    // The stream was there when its group's reader began to wait.
    if (type != Type::kStream) return false;
    reply.error("UNBLOCKED the stream key no longer exists");
    state.waiters.remove(client);
    effects.served.push_back(std::move(served));
    return true;
  }
  state.watch_command(resolved.spec);
  const ChangeCounter counter(state);
  BlockRequest request;
  reply.begin_counting(state.settings.reply_bytes_max());
  within_budget(reply, argv.size(), [&] {
    WriteContext context(state, argv, waiting.database, 0, reply, effects);
    context.allow_blocking(request, &place.key);
    resolved.spec->write(context);
  });
  if (request.is_set) return false;
  state.waiters.remove(client);
  effects.served.push_back(std::move(served));
  return true;
}

// In the order in which clients began to wait. The rest of a line is not looked at once there is
// nothing for its first.
void serve_key(Engine::State& state, const Place& place, Effects& effects) {
  std::map<std::uint64_t, WaitingLine> next;  // by the wait that comes next in it
  const auto go_on = [&](WaitingLine line, std::uint64_t since) {
    const WaitingClient* first = state.waiters.first_since(place, line, since);
    if (first != nullptr) next.emplace(first->sequence, std::move(line));
  };
  for (WaitingLine& line : state.waiters.lines_at(place)) go_on(std::move(line), 0);
  while (!next.empty()) {
    auto turn = next.extract(next.begin());
    const WaitingLine& line = turn.mapped();
    const WaitingClient* waiting = state.waiters.first_since(place, line, turn.key());
    CHECK(waiting != nullptr && waiting->sequence == turn.key());
    const ClientRef client = waiting->client;
    if (!serve_client(state, client, place, line.type, effects)) continue;
    state.end_step();
    go_on(std::move(turn.mapped()), turn.key() + 1);
  }
}

// Until no key is ready, in the order in which keys became so.
void serve_waiters(Engine::State& state, Effects& effects) {
  while (const auto place = state.waiters.take_ready()) serve_key(state, *place, effects);
}

void run_unblock(Engine::State& state, const Element& element, Effects& effects) {
  const WaitingClient* present = state.waiters.find(element.client);
  if (present == nullptr || (element.wait != 0 && present->sequence != element.wait)) return;
  const auto waiting = state.waiters.remove(element.client);
  if (element.reason == UnblockReason::kGone) return;
  ServedReply served{element.client, waiting->sequence, {}};
  resp::ReplyWriter reply(served.bytes, waiting->version);
  if (element.reason == UnblockReason::kTimeout) {
    reply.null_array();
  } else {
    const bool is_asked = element.reason == UnblockReason::kError;
    reply.error(is_asked ? "UNBLOCKED client unblocked via CLIENT UNBLOCK" : kRoleChanged);
  }
  effects.served.push_back(std::move(served));
}

void run_drop_clients(Engine::State& state, const Element& element, Effects& effects) {
  state.watches.drop_all_but(element.kept_nodes);
  for (const WaitingClient& waiting : state.waiters.drop_all_but(element.kept_nodes)) {
    ServedReply served{waiting.client, waiting.sequence, {}};
    resp::ReplyWriter(served.bytes, waiting.version).error(kRoleChanged);
    effects.served.push_back(std::move(served));
  }
}

// Names and values in turn.
void take_settings(Engine::State& state, Arguments settings, Effects& effects) {
  for (std::size_t i = 0; i + 1 < settings.size(); i += 2) {
    effects.ends_all_users |= settings[i] == users::kUsersSetting;
    state.set_setting(settings[i], settings[i + 1]);
    effects.has_new_settings = true;
  }
}

bool is_watch_broken(const Engine::State& state, const ClientRef& client) {
  return state.watches.is_broken(client, [&state](std::uint32_t database, std::string_view key) {
    return state.presence(database, key) == Presence::kExpired;
  });
}

void run_exec(Engine::State& state, const Element& element, resp::ReplyWriter& reply,
              Effects& effects, LocalCommands* local, ExecObserver* observer) {
  const bool is_refused = is_refused_for_memory(state, element);
  const bool is_broken = element.has_watch && is_watch_broken(state, element.client);
  if (element.has_watch) state.watches.unwatch(element.client);
  if (is_refused) return reply.error(kExecOutOfMemory);
  if (is_broken) return reply.null_array();
  reply.array(element.commands.size());
  state.content_before_exec = state.content_bytes();
  for (std::size_t i = 0; i < element.commands.size(); ++i) {
    const QueuedCommand& command = element.commands[i];
    if (observer != nullptr) observer->on_begin(reply);
    if (!command.is_local) {
      within_budget(reply, command.argv.size(), [&] {
        run_command(state, {element.user, users::Where::kMulti}, command.argv, command.database,
                    base::mix64(element_seed(state) + i), reply, effects);
      });
      state.digest_reply(reply.counted());
    } else {
      take_settings(state, command.settings, effects);
      resp::ReplyWriter uncounted(reply.out(), reply.version());
      if (local != nullptr) local->run_local(i, command, uncounted);
    }
    if (observer != nullptr) observer->on_done(i, reply);
  }
  state.content_before_exec = Engine::State::kNoExec;
}

void run_watch(Engine::State& state, const Element& element) {
  for (const std::string_view key : element.argv) {
    const bool is_expired = state.presence(element.database, key) == Presence::kExpired;
    state.watches.watch(element.client, element.database, key, is_expired);
  }
}

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
    case ElementKind::kCommand:
      within_budget(reply, element.argv.size(), [&] {
        run_command(state, {element.user}, element.argv, element.database, element_seed(state),
                    reply, effects);
      });
      break;
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
    case ElementKind::kBlocking:
      within_budget(reply, element.argv.size(),
                    [&] { run_blocking(state, element, element_seed(state), reply, effects); });
      break;
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

std::vector<ClientRef> Engine::expired_waiters(base::UnixMillis now_ms,
                                               std::size_t count_max) const {
  return state_->waiters.expired(now_ms, count_max);
}

std::optional<base::UnixMillis> Engine::next_waiter_deadline(base::UnixMillis now_ms) const {
  return state_->waiters.next_deadline(now_ms);
}

StreamWatches& Engine::stream_watches() { return state_->stream_watches; }

std::uint64_t Engine::changes() const { return state_->changes; }

std::string Engine::last_stream_id(std::uint32_t database, std::string_view key) const {
  const Entry* entry = state_->database(database).find(key);
  const bool is_stream =
      entry != nullptr && !state_->is_expired(*entry) && entry->value().type() == Type::kStream;
  if (!is_stream) return "0-0";
  return static_cast<const Stream*>(entry->value().collection())->last_id().text();
}

base::UnixMillis Engine::time_ms() const { return state_->time_ms; }

// Each call goes on where the last one stopped, through the times alone.
std::vector<Engine::Expired> Engine::expired(base::UnixMillis now_ms, std::size_t count_max) const {
  std::vector<Expired> found;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const DenseTable& table = state_->database(number).table();
    std::uint64_t& cursor = state_->expiry_cursor[number];
    std::uint64_t looks = std::min<std::uint64_t>(
        table.expiring().size(), std::max(kSweepLooksMin, count_max * kSweepLooksPerKey));
    for (; looks > 0 && found.size() < count_max; --looks) {
      cursor = cursor == 0 || cursor > table.expiring().size() ? table.expiring().size() - 1
                                                               : cursor - 1;
      const DenseTable::Expiring& candidate = table.expiring()[cursor];
      if (candidate.expiry_ms > now_ms) continue;
      found.push_back(
          {number, std::string(table.at(candidate.position).key()), candidate.expiry_ms});
    }
  }
  return found;
}

std::vector<Engine::ExpiredFields> Engine::expired_fields(base::UnixMillis now_ms,
                                                          std::size_t count_max) const {
  std::vector<ExpiredFields> found;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const Keyspace& keyspace = state_->database(number);
    for (const auto& [first_ms, key] : keyspace.field_times()) {
      if (first_ms > now_ms || count_max == 0) break;
      const std::uint64_t expired = keyspace.find(key)->collection()->expired_count(now_ms);
      const std::uint64_t count = std::min<std::uint64_t>(expired, count_max);
      found.push_back({number, key, first_ms, count});
      count_max -= count;
    }
  }
  return found;
}

bool Engine::has_field_times() const {
  return std::any_of(state_->databases.begin(), state_->databases.end(),
                     [](const auto& keyspace) { return !keyspace->field_times().empty(); });
}

std::uint64_t Engine::content_bytes() const { return state_->content_bytes(); }

std::uint64_t Engine::memory_bytes() const { return state_->memory_bytes(); }

std::uint64_t Engine::buried_bytes() const { return state_->buried_bytes(); }

bool Engine::free_buried(std::size_t count) { return state_->free_retired(count); }

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
