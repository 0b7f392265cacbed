#include "engine/state.h"

#include <utility>

namespace engine {
namespace {

constexpr std::size_t kFreedPerStep = 64;

}  // namespace

Engine::State::State() {
  for (auto& keyspace : databases) keyspace = std::make_unique<Keyspace>(next_keyspace_id++);
}

void Engine::State::end_step() {
  for (auto& keyspace : databases) keyspace->end_step();
  if (!retired_.empty() && !is_checkpointing_ && retired_.back()->free_some(kFreedPerStep)) retired_.pop_back();
}

void Engine::State::flush_database(std::uint32_t number) {
  Keyspace& old = database(number);
  watches.touch_database(number, [&old](std::string_view key) { return old.find(key) != nullptr; });
  old.end_step();
  if (old.was_stored() || is_checkpointing_) dropped_.push_back(old.id());
  retired_.push_back(std::exchange(databases[number], std::make_unique<Keyspace>(next_keyspace_id++)));
}

void Engine::State::swap_databases(std::uint32_t first, std::uint32_t second) {
  // A key that is in either database looks changed to whoever watches it under that number.
  const auto is_in_either = [&](std::string_view key) {
    return database(first).find(key) != nullptr || database(second).find(key) != nullptr;
  };
  watches.touch_database(first, is_in_either);
  watches.touch_database(second, is_in_either);
  std::swap(databases[first], databases[second]);
}

}  // namespace engine
