// A queue from one machine to another: in order, taken whole or in part, as the seed says.
#pragma once

#include <deque>
#include <utility>

#include "tests/sim/chance.h"

namespace sim {

template <class Message>
class Mail {
 public:
  void put(Message message) { waiting_.push_back(std::move(message)); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // Gives some or all of what waits to `receive`; true if some is left.
  template <class Receive>
  bool take(Chance& chance, Receive receive) {
    std::size_t count = waiting_.size();
    if (count > 0 && chance.percent(15)) count = chance.below(count + 1);
    for (; count > 0; --count) {
      Message message = std::move(waiting_.front());
      waiting_.pop_front();
      receive(std::move(message));
    }
    return !waiting_.empty();
  }

 private:
  std::deque<Message> waiting_;
};

}  // namespace sim
