// SCAN, SSCAN, HSCAN and ZSCAN while elements come, go and are overwritten, across leaders and
// restarts: whatever was there when a scan began and is never removed must be seen by it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/chance.h"
#include "tests/sim/counters.h"
#include "tests/sim/exchange.h"

namespace sim {

class ScanWork {
 public:
  ScanWork(Chance chance, Counters& counters) : chance_(chance), counters_(counters) {}
  [[nodiscard]] Exchange next(std::size_t client);
  void on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome);

 private:
  enum class Over : std::uint8_t { kKeys, kSet, kHash, kSortedSet };
  struct Scan {
    Over over = Over::kKeys;
    std::string cursor = "0";
    std::set<std::string> wanted, seen;
    bool is_under_way = false;  // a step was sent and its outcome is not known yet
  };

  [[nodiscard]] Exchange step(Scan& scan);
  [[nodiscard]] Exchange add(Over over, const std::string& element);
  [[nodiscard]] Exchange churn(Over over);
  void finish(const Scan& scan);

  Chance chance_;
  Counters& counters_;
  std::map<std::size_t, std::optional<Scan>> scans_;  // by client
  std::map<Over, std::set<std::string>> stays_;       // acknowledged, never removed
  std::uint64_t next_ = 1;
};

}  // namespace sim
