// Lists as queues: clients push tokens of their own and others take them, most of them waiting
// (BLPOP, BLMOVE, BLMPOP). No token is given twice, none is given that was not pushed, and one that
// was acknowledged and is gone was given to somebody whose reply never came.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/counters.h"
#include "tests/sim/exchange.h"

namespace sim {

class QueueWork {
 public:
  QueueWork(Chance chance, Counters& counters) : chance_(chance), counters_(counters) {}
  [[nodiscard]] Exchange next();
  void on_outcome(const Exchange& exchange, Outcome outcome);
  // At the end: what still lies in the queues is asked for, then judged.
  [[nodiscard]] const std::set<std::string>& queues() const { return queues_; }
  [[nodiscard]] static Exchange read(const std::string& queue);
  void note_left(const Exchange& exchange);
  void check() const;

 private:
  enum class Fate : std::uint8_t { kAcknowledged, kUnknown, kRefused };
  [[nodiscard]] std::string queue();
  [[nodiscard]] std::string patience();
  [[nodiscard]] Exchange push();
  [[nodiscard]] Exchange take();
  void note_taken(const Exchange& exchange, Outcome outcome);
  void give(const std::string& token);

  Chance chance_;
  Counters& counters_;
  std::set<std::string> queues_;
  std::map<std::string, Fate> pushed_;
  std::set<std::string> given_;
  std::uint64_t issued_ = 0, next_token_ = 1;
  std::uint64_t unknown_takes_ = 0;  // of one token each
};

}  // namespace sim
