// What clients did to keys and what they were told. An operation is what one command, or all
// commands on one key within one transaction, did to that key, atomically.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/scheduler.h"

namespace sim {

enum class Verb : std::uint8_t {
  kGet,
  kSet,
  kSetNx,
  kGetSet,
  kGetDel,
  kIncr,
  kAppend,
  kStrlen,
  kDel,
  kExists,
  kSetPx,    // argument: the value; how long it lives is not modelled
  kPexpire,  // argument: ms, not modelled
  kPersist,
};

struct Step {
  Verb verb = Verb::kGet;
  std::string argument;
  std::size_t place = 0;  // in the transaction's replies
  std::string result;     // canonical: "nil", ":5", "$bytes", "+OK"
};

struct Operation {
  static constexpr Time kNever = std::numeric_limits<Time>::max();
  std::string key;
  std::vector<Step> steps;
  // What a WATCH followed by a GET saw: the value has not changed until the steps.
  std::optional<std::string> seen;
  std::uint64_t connection = 0, sequence = 0;  // the order of commands within a connection
  Time invoked = 0;
  Time returned = kNever;  // never: nobody knows whether it happened, or will
  [[nodiscard]] bool is_unknown() const { return returned == kNever; }
};

class History {
 public:
  void add(Operation operation) { keys_[operation.key].push_back(std::move(operation)); }
  [[nodiscard]] const std::map<std::string, std::vector<Operation>>& keys() const { return keys_; }

 private:
  std::map<std::string, std::vector<Operation>> keys_;
};

}  // namespace sim
