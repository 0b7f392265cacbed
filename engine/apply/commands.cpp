#include "engine/apply/commands.h"

#include "base/check.h"
#include "base/prng.h"
#include "engine/apply/change_counter.h"
#include "engine/command/table.h"
#include "engine/context/acting.h"
#include "engine/context/budgets.h"
#include "engine/context/context.h"
#include "engine/users/users_setting.h"

namespace engine {
namespace {

// Who sent a command, and how.
struct Origin {
  std::string_view user;
  users::Where where = users::Where::kTopLevel;
};

// Runs one resolved command of a batch; a command that cannot be resolved answers its error, the
// same on every node.
void run_one(State& state, const Origin& origin, Arguments argv, std::uint32_t database,
             std::uint64_t seed, resp::ReplyWriter& reply, Effects& effects) {
  CHECK(database < state.databases.size());
  const ChangeCounter counter(state);
  const Resolved resolved = state.commands.resolve(argv);
  if (!resolved.error.empty()) return reply.error(resolved.error);
  const Acting acting(state, origin.user, origin.where, *resolved.spec, argv, &effects.denials);
  if (acting.is_refused()) return reply.error(acting.refusal());
  if (state.content_before_exec == State::kNoExec && is_refused_for_memory(state, *resolved.spec))
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

bool is_watch_broken(const State& state, const ClientRef& client) {
  return state.watches.is_broken(client, [&state](std::uint32_t database, std::string_view key) {
    return state.presence(database, key) == Presence::kExpired;
  });
}

}  // namespace

std::uint64_t element_seed(const State& state) {
  return base::mix64(state.entry_seed + 0x9E3779B97F4A7C15ULL * (state.element_number + 1));
}

void run_command(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects) {
  within_budget(reply, element.argv.size(), [&] {
    run_one(state, {element.user}, element.argv, element.database, element_seed(state), reply,
            effects);
  });
}

// Names and values in turn.
void take_settings(State& state, Arguments settings, Effects& effects) {
  for (std::size_t i = 0; i + 1 < settings.size(); i += 2) {
    effects.ends_all_users |= settings[i] == users::kUsersSetting;
    state.set_setting(settings[i], settings[i + 1]);
    effects.has_new_settings = true;
  }
}

void run_exec(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects,
              LocalCommands* local, ExecObserver* observer) {
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
        run_one(state, {element.user, users::Where::kMulti}, command.argv, command.database,
                base::mix64(element_seed(state) + i), reply, effects);
      });
      state.digest_reply(reply.counted());
    } else {
      take_settings(state, command.settings, effects);
      resp::ReplyWriter uncounted(reply.out(), reply.version());
      if (local != nullptr) local->run_local(i, command, uncounted);
    }
    if (observer != nullptr) observer->on_done(i, reply, effects);
  }
  state.content_before_exec = State::kNoExec;
}

void run_watch(State& state, const Element& element) {
  for (const std::string_view key : element.argv) {
    const bool is_expired = state.presence(element.database, key) == Presence::kExpired;
    state.watches.watch(element.client, element.database, key, is_expired);
  }
}

}  // namespace engine
