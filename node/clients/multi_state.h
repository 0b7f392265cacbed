// MULTI of one connection: the commands that it queues until EXEC or DISCARD. Invariant: outside of
// MULTI nothing is queued, and no refusal is remembered.
#pragma once

#include <utility>

#include "base/check.h"
#include "node/clients/transaction.h"

namespace node {

class MultiState {
 public:
  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] const Transaction& queued() const { return queued_; }
  [[nodiscard]] Transaction& queued() { return queued_; }
  void begin() {
    CHECK(!is_open_ && queued_.commands().empty());
    is_open_ = true;
  }
  // A command was refused: EXEC aborts. Nothing is spoilt outside of MULTI.
  void spoil() { queued_.is_dirty |= is_open_; }
  [[nodiscard]] bool is_spoilt() const { return queued_.is_dirty; }
  // What was queued; MULTI is over.
  [[nodiscard]] Transaction take() {
    is_open_ = false;
    return std::exchange(queued_, {});
  }
  void end() {
    is_open_ = false;
    queued_ = {};
  }

 private:
  bool is_open_ = false;
  Transaction queued_;
};

}  // namespace node
