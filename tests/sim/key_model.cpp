#include "tests/sim/key_model.h"

#include <algorithm>
#include <utility>

#include "base/number.h"

namespace sim {
namespace {

std::string bulk(const std::optional<std::string>& value) { return value ? "$" + *value : "nil"; }
std::string number(std::size_t value) { return ":" + std::to_string(value); }

// What `step` answers, and what it makes of the state.
std::string run(KeyState& state, const Step& step) {
  const bool is_there = state.value.has_value();
  const std::string before = bulk(state.value);
  switch (step.verb) {
    case Verb::kGet: return before;
    case Verb::kSet: state = {step.argument, false}; return "+OK";
    case Verb::kSetPx: state = {step.argument, true}; return "+OK";
    case Verb::kSetNx:
      if (!is_there) state = {step.argument, false};
      return is_there ? ":0" : ":1";
    case Verb::kGetSet: state = {step.argument, false}; return before;
    case Verb::kGetDel: state = {}; return before;
    case Verb::kIncr: {
      const auto old = is_there ? base::parse_integer(*state.value) : 0;
      if (!old) return "-ERR value is not an integer or out of range";
      state.value = std::to_string(*old + 1);
      return ":" + *state.value;
    }
    case Verb::kAppend:
      state.value = state.value.value_or("") + step.argument;
      return number(state.value->size());
    case Verb::kStrlen: return number(state.value.value_or("").size());
    case Verb::kDel: state = {}; return is_there ? ":1" : ":0";
    case Verb::kExists: return is_there ? ":1" : ":0";
    case Verb::kPexpire: state.may_expire = is_there; return is_there ? ":1" : ":0";
    case Verb::kPersist: {
      const bool had = is_there && state.may_expire;
      state.may_expire = false;
      return had ? ":1" : ":0";
    }
  }
  return {};
}

std::vector<KeyState> with_expiry(const std::vector<KeyState>& states) {
  std::vector<KeyState> all = states;
  for (const KeyState& state : states) {
    if (state.may_expire) all.push_back({});
  }
  return all;
}

}  // namespace

std::string KeyState::text() const { return (may_expire ? "~" : "") + bulk(value); }

std::vector<KeyState> after(const KeyState& before, const Operation& operation) {
  std::vector<KeyState> states = with_expiry({before});
  if (operation.seen && !operation.is_unknown()) {
    std::erase_if(states,
                  [&](const KeyState& state) { return bulk(state.value) != *operation.seen; });
  }
  for (const Step& step : operation.steps) {
    std::vector<KeyState> next;
    for (KeyState& state : states) {
      const bool fits = run(state, step) == step.result || operation.is_unknown();
      if (fits) next.push_back(std::move(state));
    }
    states = std::move(next);
  }
  return states;
}

}  // namespace sim
