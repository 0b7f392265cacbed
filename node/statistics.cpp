#include "node/statistics.h"

#include <algorithm>

namespace node {

CommandStatistics::Slot& CommandStatistics::find(const engine::CommandSpec& spec) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (reinterpret_cast<std::uintptr_t>(&spec) >> 4) & mask;
  while (slots_[at].spec != nullptr && slots_[at].spec != &spec) at = (at + 1) & mask;
  return slots_[at];
}

CommandCalls& CommandStatistics::of(const engine::CommandSpec& spec) {
  constexpr std::size_t kSlotsMin = 64;
  if (2 * count_ >= slots_.size()) {
    std::vector<Slot> old(std::max(kSlotsMin, 2 * slots_.size()));
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.spec != nullptr) find(*slot.spec) = slot;
    }
  }
  Slot& slot = find(spec);
  if (slot.spec == nullptr) {
    slot.spec = &spec;
    ++count_;
  }
  return slot.calls;
}

std::vector<std::pair<const engine::CommandSpec*, CommandCalls>> CommandStatistics::sorted() const {
  std::vector<std::pair<const engine::CommandSpec*, CommandCalls>> all;
  for (const Slot& slot : slots_) {
    if (slot.spec != nullptr) all.emplace_back(slot.spec, slot.calls);
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.first->name < b.first->name; });
  return all;
}

}  // namespace node
