#include "engine/engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/crc.h"
#include "engine/codec.h"
#include "engine/context.h"
#include "engine/eviction.h"
#include "engine/state.h"
#include "engine/types/stream.h"

namespace engine {
namespace {

constexpr std::size_t kSweepLooksMin = 4096;
constexpr std::size_t kSweepLooksPerKey = 64;
constexpr std::size_t kFreedPerEntry = 256;
constexpr std::size_t kTimesSampled = 64;

// A digest has no place for the ids under which segments are stored.
constexpr std::uint64_t kAnyValueId = 1;

// Tells states apart that differ by chance, and is cheap: the simulator asks after every turn.
std::uint64_t digest_with(std::uint64_t digest, std::string_view bytes) {
  return base::mix64(digest + (std::uint64_t{bytes.size()} << 32) + base::crc32c(bytes));
}

std::uint64_t segments_digest(const Collection& collection, std::uint64_t digest) {
  for (std::uint64_t i = 0; i < collection.segment_end(); ++i)
    digest = digest_with(digest + i, collection.encode_segment(i));
  return digest;
}

std::uint64_t element_seed(const Engine::State& state) {
  return base::mix64(state.entry_seed + 0x9E3779B97F4A7C15ULL * (state.element_number + 1));
}

// Counts a command as one change if it changed any key.
class ChangeCounter {
 public:
  explicit ChangeCounter(Engine::State& state) : state_(state), before_(state.stream_changes) {}
  ChangeCounter(const ChangeCounter&) = delete;
  ChangeCounter& operator=(const ChangeCounter&) = delete;
  ~ChangeCounter() { state_.changes += state_.stream_changes != before_ ? 1 : 0; }

 private:
  Engine::State& state_;
  std::uint64_t before_;
};

// Runs one resolved command of a batch; a command that cannot be resolved answers its error, the
// same on every node.
void run_command(Engine::State& state, Arguments argv, std::uint32_t database, std::uint64_t seed,
                 resp::ReplyWriter& reply, Effects& effects) {
  CHECK(database < state.databases.size());
  const ChangeCounter counter(state);
  const Resolved resolved = resolve_command(argv);
  if (!resolved.error.empty()) return reply.error(resolved.error);
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
  const Resolved resolved = resolve_command(element.argv);
  if (!resolved.error.empty()) return reply.error(resolved.error);
  if (resolved.spec->scope != Scope::kWrite) return reply.error("ERR command is not allowed here");
  // It has been told that the outcome of the one before is in doubt, or it would be waiting still.
  static_cast<void>(state.waiters.remove(element.client));
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

Type waited_for(const CommandSpec& spec) {
  if (spec.group == "list") return Type::kList;
  return spec.group == "stream" ? Type::kStream : Type::kSortedSet;
}

bool has_type(const Engine::State& state, const Waiters::Place& place, Type type) {
  const Entry* entry = state.database(place.first).find(place.second);
  return entry != nullptr && !state.is_expired(*entry) && entry->value().type() == type;
}

// Carries out a client's command for a key that is ready; false: it waits on.
bool serve_client(Engine::State& state, const ClientRef& client, const Waiters::Place& place,
                  Effects& effects) {
  const WaitingClient& waiting = *state.waiters.find(client);
  const std::vector<std::string_view> argv(waiting.argv.begin(), waiting.argv.end());
  const Resolved resolved = resolve_command(argv);
  CHECK(resolved.error.empty());
  ServedReply served{client, {}};
  resp::ReplyWriter reply(served.bytes, waiting.version);
  if (!has_type(state, place, waited_for(*resolved.spec))) {
    if (resolved.spec->name != "xreadgroup") return false;  // what it reads was there at first
    reply.error("UNBLOCKED the stream key no longer exists");
    state.waiters.remove(client);
    effects.served.push_back(std::move(served));
    return true;
  }
  const ChangeCounter counter(state);
  BlockRequest request;
  WriteContext context(state, argv, waiting.database, 0, reply, effects);
  context.allow_blocking(request, &place.second);
  resolved.spec->write(context);
  if (request.is_set) return false;
  state.waiters.remove(client);
  effects.served.push_back(std::move(served));
  return true;
}

// Until no key is ready, in the order in which keys became ready and clients began to wait.
void serve_waiters(Engine::State& state, Effects& effects) {
  while (const auto place = state.waiters.take_ready()) {
    for (const ClientRef& client : state.waiters.at(*place)) {
      if (state.waiters.find(client) == nullptr) continue;
      if (serve_client(state, client, *place, effects)) state.end_step();
    }
  }
}

void run_unblock(Engine::State& state, const Element& element, Effects& effects) {
  const auto waiting = state.waiters.remove(element.client);
  if (!waiting || element.reason == UnblockReason::kGone) return;
  ServedReply served{element.client, {}};
  resp::ReplyWriter reply(served.bytes, waiting->version);
  if (element.reason == UnblockReason::kTimeout) {
    reply.null_array();
  } else {
    reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  }
  effects.served.push_back(std::move(served));
}

void run_drop_clients(Engine::State& state, const Element& element, Effects& effects) {
  state.watches.drop_all_but(element.kept_nodes);
  for (const WaitingClient& waiting : state.waiters.drop_all_but(element.kept_nodes)) {
    ServedReply served{waiting.client, {}};
    resp::ReplyWriter(served.bytes, waiting.version).error(kRoleChanged);
    effects.served.push_back(std::move(served));
  }
}

bool is_watch_broken(const Engine::State& state, const ClientRef& client) {
  return state.watches.is_broken(client, [&state](std::uint32_t database, std::string_view key) {
    return state.presence(database, key) == Presence::kExpired;
  });
}

void run_exec(Engine::State& state, const Element& element, resp::ReplyWriter& reply,
              Effects& effects, LocalCommands* local) {
  const bool is_broken = element.has_watch && is_watch_broken(state, element.client);
  if (element.has_watch) state.watches.unwatch(element.client);
  if (is_broken) return reply.null_array();
  reply.array(element.commands.size());
  for (std::size_t i = 0; i < element.commands.size(); ++i) {
    const QueuedCommand& command = element.commands[i];
    if (!command.is_local) {
      run_command(state, command.argv, command.database, base::mix64(element_seed(state) + i),
                  reply, effects);
    } else if (local != nullptr) {
      local->run_local(i, command, reply);
    }
  }
}

void run_watch(Engine::State& state, const Element& element) {
  for (const std::string_view key : element.argv) {
    const bool is_expired = state.presence(element.database, key) == Presence::kExpired;
    state.watches.watch(element.client, element.database, key, is_expired);
  }
}

void run_swept(Engine::State& state, const Element& element, resp::ReplyWriter& reply,
               Effects& effects) {
  for (const SweptKey& key : element.swept) {
    CHECK(key.database < state.databases.size());
    const Entry* entry = state.database(key.database).find(key.key);
    if (entry == nullptr || entry->expiry_ms() != key.expiry_ms || !state.is_expired(*entry))
      continue;
    WriteContext(state, {}, key.database, 0, reply, effects).expire(key.database, key.key);
  }
}

void run_swept_fields(Engine::State& state, const Element& element, resp::ReplyWriter& reply,
                      Effects& effects) {
  for (const SweptFields& hash : element.swept_fields) {
    CHECK(hash.database < state.databases.size());
    const Entry* entry = state.database(hash.database).find(hash.key);
    if (entry == nullptr || entry->collection() == nullptr) continue;
    if (entry->collection()->next_time(0) != hash.first_ms || hash.first_ms > state.time_ms)
      continue;
    WriteContext(state, {}, hash.database, 0, reply, effects).sweep(hash.key, hash.count_max);
  }
}

void run_evicted(Engine::State& state, const Element& element, resp::ReplyWriter& reply,
                 Effects& effects) {
  for (const EvictedKey& key : element.evicted) {
    CHECK(key.database < state.databases.size());
    const Entry* entry = state.database(key.database).find(key.key);
    if (entry == nullptr || eviction_fingerprint(*entry) != key.fingerprint) continue;
    WriteContext(state, {}, key.database, 0, reply, effects).evict(key.key);
  }
}

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::begin_entry(const EntryContext& entry) {
  state_->time_ms = std::max(state_->time_ms, entry.time_ms);
  state_->entry_seed = entry.seed;
  state_->element_number = 0;
}

void Engine::apply(const Element& element, resp::ReplyWriter& reply, Effects& effects,
                   LocalCommands* local) {
  State& state = *state_;
  switch (element.kind) {
    case ElementKind::kCommand:
      run_command(state, element.argv, element.database, element_seed(state), reply, effects);
      break;
    case ElementKind::kExec: run_exec(state, element, reply, effects, local); break;
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
      run_blocking(state, element, element_seed(state), reply, effects);
      break;
    case ElementKind::kUnblock: run_unblock(state, element, effects); break;
    case ElementKind::kSetting:
      state.settings.set(element.argv[0], element.argv[1]);
      reply.ok();
      break;
  }
  ++state.element_number;
  state.end_step();
  if (!state.waiters.empty()) serve_waiters(state, effects);
}

void Engine::foresee(const Element& element, int step, Foreseen& foreseen) const {
  if (element.kind != ElementKind::kCommand || element.argv.size() < 2) return;
  const DenseTable& table = state_->database(element.database).table();
  if (step == 0) {
    foreseen.hash = HashedKey::hash_of(element.argv[1]);
    table.prefetch_index(foreseen.hash);
  } else if (step == 1) {
    foreseen.position = table.prefetch_place(foreseen.hash);
  } else {
    table.prefetch_entry(foreseen.position);
  }
}

void Engine::end_entry() { state_->free_retired(kFreedPerEntry); }

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
  const std::size_t before = reply.out().size();
  ReadContext context(*state_, query.argv, query.database, std::max(query.now_ms, state_->time_ms),
                      query.may_propose_time, query.seed, reply);
  context.set_again(query.is_again);
  context.gather_expired(met);
  query.spec->read(context);
  if (!context.needs_time()) {
    context.count_lookups();
    return QueryOutcome::kAnswered;
  }
  reply.out().resize(before);
  return QueryOutcome::kNeedsTime;
}

bool Engine::is_waiting(const ClientRef& client) const {
  return state_->waiters.find(client) != nullptr;
}

std::vector<ClientRef> Engine::waiters_of(base::NodeId node, std::uint64_t epoch) const {
  return state_->waiters.of(node, epoch);
}

std::vector<ClientRef> Engine::expired_waiters(base::UnixMillis now_ms,
                                               std::size_t count_max) const {
  return state_->waiters.expired(now_ms, count_max);
}

std::optional<base::UnixMillis> Engine::next_waiter_deadline() const {
  return state_->waiters.next_deadline();
}

void Engine::watch_stream(std::uint32_t database, std::string_view key) {
  state_->watched_streams.try_emplace(Waiters::Place(database, key), 0);
}

void Engine::forget_watched_streams() { state_->watched_streams.clear(); }

std::uint64_t Engine::stream_changes() const { return state_->stream_changes; }
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

std::uint64_t Engine::digest() const {
  std::uint64_t digest = digest_with(0, state_->encode_system());
  for (const auto& keyspace : state_->databases) {
    const DenseTable& table = keyspace->table();
    for (std::uint64_t position = 0; position < table.size(); ++position) {
      const Entry& entry = table.at(position);
      const ValueView value = entry.value();
      const bool is_apart =
          value.type() == Type::kString ? wants_segments(value) : value.collection() != nullptr;
      digest = digest_with(digest, encode_row(entry, is_apart ? kAnyValueId : 0));
      if (has_key_blocks(entry)) digest = digest_with(digest, entry.key());
      if (has_value_blocks(entry)) digest = digest_with(digest, value.string());
      if (is_apart) digest = segments_digest(*value.collection(), digest);
    }
    digest = base::mix64(digest + keyspace->id());
  }
  return digest;
}

std::vector<Engine::DatabaseInfo> Engine::databases() const {
  std::vector<DatabaseInfo> infos;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const Keyspace& keyspace = state_->database(number);
    const auto& expiring = keyspace.table().expiring();
    const std::size_t sampled = std::min(expiring.size(), kTimesSampled);
    std::int64_t sum_ms = 0;
    for (std::size_t i = 0; i < sampled; ++i)
      sum_ms +=
          std::clamp<std::int64_t>(expiring[i].expiry_ms - state_->time_ms, 0, INT64_MAX / 128);
    const std::int64_t average_ms = sampled == 0 ? 0 : sum_ms / static_cast<std::int64_t>(sampled);
    if (keyspace.table().count() > 0)
      infos.push_back({number, keyspace.table().count(), expiring.size(), average_ms});
  }
  return infos;
}

std::uint64_t Engine::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& keyspace : state_->databases) bytes += keyspace->memory_bytes();
  return bytes;
}

std::optional<Engine::ObjectFacts> Engine::object_facts(std::uint32_t database,
                                                        std::string_view key,
                                                        base::UnixMillis now_ms) const {
  const Keyspace& keyspace = state_->database(database);
  const Entry* entry = keyspace.find(key);
  if (entry == nullptr || state_->is_expired(*entry)) return {};
  const ValueView value = entry->value();
  const Collection* collection = value.collection();
  const AccessClock& access = state_->access;
  return ObjectFacts{
      .encoding = value.encoding(),
      .position = keyspace.position(key),
      .count = collection == nullptr || value.type() == Type::kString ? 0 : collection->count(),
      .serialized_bytes =
          collection != nullptr ? entry->memory_bytes() : encode_row(*entry, kAnyValueId).size(),
      .access = entry->access(),
      .idle_s = access.rules().is_frequency ? 0 : access.idle_s(*entry, now_ms)};
}

const Statistics& Engine::statistics() const { return state_->statistics; }
void Engine::reset_statistics() { state_->statistics = {}; }
std::optional<std::string> Engine::setting(std::string_view name) const {
  return state_->settings.find(name);
}

std::vector<std::string> Engine::keys_in_slot(std::uint16_t slot, std::size_t most) const {
  std::vector<std::string> keys;
  const DenseTable& table = state_->database(0).table();
  for (std::uint64_t position = 0; position < table.size() && keys.size() < most; ++position) {
    const Entry& entry = table.at(position);
    if (base::key_slot(entry.key()) == slot) keys.emplace_back(entry.key());
  }
  return keys;
}

std::size_t Engine::count_keys_in_slot(std::uint16_t slot) const {
  return keys_in_slot(slot, SIZE_MAX).size();
}

void Engine::begin_checkpoint(bool is_full) { state_->begin_checkpoint(is_full); }
bool Engine::take_checkpoint_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                                  std::vector<std::uint64_t>& dropped_keyspaces) {
  return state_->take_rows(bytes_max, rows, dropped_keyspaces);
}
void Engine::finish_checkpoint() { state_->finish_checkpoint(); }
std::size_t Engine::checkpoint_backlog_bytes() const { return state_->backlog_bytes(); }
void Engine::expect_growth(double times) {
  for (const auto& keyspace : state_->databases) keyspace->expect_growth(times);
}

base::Status Engine::load_row(const base::Row& row) { return state_->load_row(row); }
base::Status Engine::finish_load() { return state_->finish_load(); }

}  // namespace engine
