// States that have been replaced as a whole (a snapshot was installed, a checkpoint loaded again),
// freed in slices: a state of millions of keys costs the turn that replaces it nothing. Invariant:
// nobody reads them. Who slices: the state that has taken their place, as it frees what was flushed
// or dropped in itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace engine {

class State;

class Predecessors {
 public:
  Predecessors();
  ~Predecessors();

  // With those that it has not freed yet itself.
  void bury(std::unique_ptr<State> state);
  [[nodiscard]] bool empty() const { return states_.empty(); }
  // What is still allocated, about.
  [[nodiscard]] std::uint64_t bytes() const;
  // Frees about `count` entries or elements; true if there is more.
  bool free_some(std::size_t count);

 private:
  std::vector<std::unique_ptr<State>> states_;
};

}  // namespace engine
