#include "tests/sim/cache.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace sim {

std::uint64_t Cache::invalidate(const resp::Reply& push) {
  const bool is_one = push.elements.size() == 2 && push.elements[0].text == "invalidate";
  DEMAND(is_one, "a push that nobody asked for");
  const resp::Reply& keys = push.elements[1];
  if (keys.is_null) {
    const std::uint64_t all = kept_.size();
    clear();
    return all;
  }
  std::uint64_t count = 0;
  for (const resp::Reply& key : keys.elements) count += kept_.erase(key.text);
  return count;
}

void Cache::keep(const std::string& key, const std::string& result, Time now) {
  if (kept_.size() >= kKeysMax && !kept_.contains(key)) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.since < b.second.since;
    }));
  }
  kept_[key] = {result, now};
}

std::vector<Operation> Cache::held(Time sent, Time now) const {
  std::vector<Operation> reads;
  for (const auto& [key, kept] : kept_) {
    if (kept.since >= sent) continue;
    Operation read;
    read.key = key;
    read.steps = {{.verb = Verb::kGet, .argument = {}, .place = 0, .result = kept.result}};
    read.invoked = sent;
    read.returned = now;
    reads.push_back(std::move(read));
  }
  return reads;
}

}  // namespace sim
