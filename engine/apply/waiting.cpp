#include "engine/apply/waiting.h"

#include <map>

#include "base/check.h"
#include "engine/apply/change_counter.h"
#include "engine/apply/commands.h"
#include "engine/command/table.h"
#include "engine/context/acting.h"
#include "engine/context/budgets.h"
#include "engine/context/context.h"

namespace engine {
namespace {

constexpr std::string_view kRoleChanged =
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

void run_one_blocking(State& state, const Element& element, std::uint64_t seed,
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

bool has_type(const State& state, const DatabaseKey& place, Type type) {
  const Entry* entry = state.database(place.database).find(place.key);
  return entry != nullptr && !state.is_expired(*entry) && entry->value().type() == type;
}

// Carries out a client's command for a key that is ready; false: there is nothing for it.
bool serve_client(State& state, const ClientRef& client, const DatabaseKey& place, Type type,
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
void serve_key(State& state, const DatabaseKey& place, Effects& effects) {
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

}  // namespace

void run_blocking(State& state, const Element& element, resp::ReplyWriter& reply,
                  Effects& effects) {
  within_budget(reply, element.argv.size(),
                [&] { run_one_blocking(state, element, element_seed(state), reply, effects); });
}

void serve_waiters(State& state, Effects& effects) {
  while (const auto place = state.waiters.take_ready()) serve_key(state, *place, effects);
}

void run_unblock(State& state, const Element& element, Effects& effects) {
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

void run_drop_clients(State& state, const Element& element, Effects& effects) {
  state.watches.drop_all_but(element.kept_nodes);
  for (const WaitingClient& waiting : state.waiters.drop_all_but(element.kept_nodes)) {
    ServedReply served{waiting.client, waiting.sequence, {}};
    resp::ReplyWriter(served.bytes, waiting.version).error(kRoleChanged);
    effects.served.push_back(std::move(served));
  }
}

}  // namespace engine
