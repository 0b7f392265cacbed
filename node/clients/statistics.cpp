#include "node/clients/statistics.h"

#include <algorithm>

namespace node {
namespace {

using Calls = std::vector<std::pair<const engine::CommandSpec*, CommandCalls>>;

// `sorted` by name.
Calls one_by_name(const Calls& sorted) {
  Calls all;
  for (const auto& [spec, calls] : sorted) {
    if (!all.empty() && all.back().first->name == spec->name)
      all.back().second.add(calls);
    else
      all.emplace_back(spec, calls);
  }
  return all;
}

}  // namespace

std::uint64_t CommandCalls::percentile_us(double percent) const {
  std::uint64_t all = 0, seen = 0;
  for (const std::uint64_t count : durations) all += count;
  for (std::size_t i = 0; i < durations.size(); ++i) {
    seen += durations[i];
    if (static_cast<double>(seen) * 100 >= percent * static_cast<double>(all)) return bound_us(i);
  }
  return bound_us(durations.size() - 1);
}

void CommandCalls::add(const CommandCalls& others) {
  calls += others.calls;
  microseconds += others.microseconds;
  rejected += others.rejected;
  failed += others.failed;
  for (std::size_t i = 0; i < durations.size(); ++i) durations[i] += others.durations[i];
}

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
  return one_by_name(all);
}

void Statistics::count_errors(std::string_view code, std::uint64_t count) {
  error_replies += count;
  const auto found = errors.find(code);
  if (found != errors.end()) {
    found->second += count;
  } else {
    errors.emplace(code, count);
  }
}

}  // namespace node
