#include "node/clients/latency_monitor.h"

#include <algorithm>

namespace node {
namespace {

constexpr std::size_t kSamplesMax = 160;

}  // namespace

void LatencyMonitor::add(std::string_view name, std::int64_t time_s, std::int64_t duration_ms) {
  Event& event = events_[std::string(name)];
  event.max_ms = std::max(event.max_ms, duration_ms);
  if (!event.samples.empty() && event.samples.back().time_s == time_s) {
    Sample& last = event.samples.back();
    last.duration_ms = std::max(last.duration_ms, duration_ms);
    return;
  }
  event.samples.push_back({time_s, duration_ms});
  if (event.samples.size() > kSamplesMax) event.samples.pop_front();
}

bool LatencyMonitor::reset(std::string_view name) {
  const auto found = events_.find(name);
  if (found == events_.end()) return false;
  events_.erase(found);
  return true;
}

std::size_t LatencyMonitor::reset_all() {
  const std::size_t count = events_.size();
  events_.clear();
  return count;
}

const LatencyMonitor::Event* LatencyMonitor::find(std::string_view name) const {
  const auto found = events_.find(name);
  return found == events_.end() ? nullptr : &found->second;
}

}  // namespace node
