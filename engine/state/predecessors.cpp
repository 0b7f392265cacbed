#include "engine/state/predecessors.h"

#include <utility>

#include "engine/state/state.h"

namespace engine {

Predecessors::Predecessors() = default;
Predecessors::~Predecessors() = default;

void Predecessors::bury(std::unique_ptr<State> state) {
  for (auto& earlier : state->predecessors.states_) states_.push_back(std::move(earlier));
  state->predecessors.states_.clear();
  state->retire();
  states_.push_back(std::move(state));
}

std::uint64_t Predecessors::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& state : states_) bytes += state->buried_bytes();
  return bytes;
}

bool Predecessors::free_some(std::size_t count) {
  if (!states_.empty() && !states_.back()->free_retired(count)) states_.pop_back();
  return !states_.empty();
}

}  // namespace engine
