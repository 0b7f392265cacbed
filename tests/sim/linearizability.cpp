#include "tests/sim/linearizability.h"

#include <algorithm>
#include <cstdio>
#include <unordered_set>

#include "tests/sim/key_model.h"

namespace sim {
namespace {

class Search {
 public:
  Search(std::vector<Operation> operations, std::size_t states_max)
      : operations_(std::move(operations)),
        placed_(operations_.size(), '0'),
        states_max_(states_max) {
    std::stable_sort(
        operations_.begin(), operations_.end(),
        [](const Operation& a, const Operation& b) { return a.returned < b.returned; });
    for (const Operation& operation : operations_) definite_left_ += operation.is_unknown() ? 0 : 1;
  }

  Verdict run() {
    const bool is_found = place_rest(KeyState{});
    if (is_found) return Verdict::kLinearizable;
    return tried_.size() > states_max_ ? Verdict::kUndecided : Verdict::kNotLinearizable;
  }

 private:
  // Operations lie in the order of their returns, so the first that is not placed returns first of
  // all that are not: whatever was invoked after that cannot come before it.
  [[nodiscard]] Time first_return() const {
    for (std::size_t i = first_; i < operations_.size(); ++i) {
      if (placed_[i] == '0') return operations_[i].returned;
    }
    return Operation::kNever;
  }

  [[nodiscard]] bool is_behind_another(const Operation& operation) const {
    for (std::size_t i = first_; i < operations_.size(); ++i) {
      const Operation& other = operations_[i];
      if (placed_[i] == '0' && !other.is_unknown() && other.connection == operation.connection &&
          other.sequence < operation.sequence)
        return true;
    }
    return false;
  }

  bool place_rest(const KeyState& state) {
    if (definite_left_ == 0) return true;
    if (tried_.size() > states_max_) return false;
    if (!tried_.insert(placed_ + state.text()).second) return false;
    const std::size_t first_before = first_;
    while (placed_[first_] == '1') ++first_;
    const Time bound = first_return();
    for (std::size_t i = first_; i < operations_.size(); ++i) {
      const Operation& operation = operations_[i];
      if (placed_[i] == '1' || operation.invoked > bound || is_behind_another(operation)) continue;
      if (place(i, state)) return true;
    }
    first_ = first_before;
    return false;
  }

  bool place(std::size_t i, const KeyState& state) {
    const bool is_unknown = operations_[i].is_unknown();
    const std::size_t first_before = first_;
    for (const KeyState& next : after(state, operations_[i])) {
      if (is_unknown && next.text() == state.text()) continue;  // as if it had never been
      placed_[i] = '1';
      definite_left_ -= is_unknown ? 0 : 1;
      if (place_rest(next)) return true;
      first_ = first_before;
      definite_left_ += is_unknown ? 0 : 1;
      placed_[i] = '0';
    }
    return false;
  }

  std::vector<Operation> operations_;
  std::string placed_;
  std::size_t first_ = 0;  // all before it are placed
  std::size_t definite_left_ = 0;
  std::size_t states_max_;
  std::unordered_set<std::string> tried_;
};

const char* name(Verb verb) {
  switch (verb) {
    case Verb::kGet: return "GET";
    case Verb::kSet: return "SET";
    case Verb::kSetNx: return "SETNX";
    case Verb::kGetSet: return "GETSET";
    case Verb::kGetDel: return "GETDEL";
    case Verb::kIncr: return "INCR";
    case Verb::kAppend: return "APPEND";
    case Verb::kStrlen: return "STRLEN";
    case Verb::kDel: return "DEL";
    case Verb::kExists: return "EXISTS";
    case Verb::kSetPx: return "SET PX";
    case Verb::kPexpire: return "PEXPIRE";
    case Verb::kPersist: return "PERSIST";
  }
  return "?";
}

std::string brief(const std::string& text) {
  return text.size() <= 24 ? text : text.substr(0, 24) + "...";
}

}  // namespace

Verdict judge(const std::vector<Operation>& operations, std::size_t states_max) {
  return Search(operations, states_max).run();
}

std::string describe(const std::vector<Operation>& operations) {
  std::vector<Operation> sorted = operations;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  std::string text;
  for (const Operation& operation : sorted) {
    char times[80];
    const double ended =
        operation.is_unknown() ? -1 : static_cast<double>(operation.returned) / kSecond;
    std::snprintf(times, sizeof times, "  %10.6f ..%10.6f c%llu/%llu",
                  static_cast<double>(operation.invoked) / kSecond, ended,
                  static_cast<unsigned long long>(operation.connection),
                  static_cast<unsigned long long>(operation.sequence));
    text += times;
    if (operation.seen) text += " [watched " + brief(*operation.seen) + "]";
    for (const Step& step : operation.steps) {
      text += std::string(" ") + name(step.verb) + " " + brief(step.argument) + " -> " +
              (operation.is_unknown() ? "?" : brief(step.result)) + ";";
    }
    text += "\n";
  }
  return text;
}

}  // namespace sim
