// Lists as queues: clients push tokens of their own and others take them, most of them waiting
// (BLPOP, BLMOVE, BLMPOP). No token is given twice, none is given that was not pushed, and none
// that was acknowledged is lost (QueueCheck).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/counters.h"
#include "tests/sim/exchange.h"
#include "tests/sim/queue_check.h"

namespace sim {

class QueueWork {
 public:
  QueueWork(Chance chance, Counters& counters) : chance_(chance), counters_(counters) {}
  [[nodiscard]] Exchange next();
  void on_outcome(const Exchange& exchange, Outcome outcome);

  // At the end, when no client takes any more: one token is pushed to every queue, for whoever
  // still waits there although nobody knows of it. Then what lies in the queues and inboxes is
  // asked for, and judged.
  [[nodiscard]] const std::set<std::string>& queues() const { return check_.queues(); }
  [[nodiscard]] std::vector<std::string> inboxes() const { return check_.inboxes(); }
  [[nodiscard]] Exchange push_last(const std::string& queue);
  void on_pushed_last(const Exchange& exchange, Outcome outcome);
  [[nodiscard]] static Exchange read(const std::string& list);
  void note_left(const Exchange& exchange);
  void check() const { check_.check(); }

 private:
  [[nodiscard]] std::string queue();
  [[nodiscard]] std::string patience();
  [[nodiscard]] std::string token() { return "token" + std::to_string(next_token_++); }
  [[nodiscard]] Exchange push();
  [[nodiscard]] Exchange take();
  [[nodiscard]] Exchange take_into_inbox();
  [[nodiscard]] std::optional<std::string> taken(const Exchange& exchange, Outcome outcome);

  Chance chance_;
  Counters& counters_;
  QueueCheck check_;
  std::uint64_t issued_ = 0, next_token_ = 1, next_inbox_ = 1;
};

}  // namespace sim
