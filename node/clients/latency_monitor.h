// LATENCY: for each kind of event the slow moments, one a second at most, the last 160 (Redis 7.0).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace node {

class LatencyMonitor {
 public:
  struct Sample {
    std::int64_t time_s = 0;
    std::int64_t duration_ms = 0;
  };
  struct Event {
    std::deque<Sample> samples;  // the oldest first
    std::int64_t max_ms = 0;
  };

  void add(std::string_view event, std::int64_t time_s, std::int64_t duration_ms);
  // True: there was one.
  bool reset(std::string_view event);
  std::size_t reset_all();
  [[nodiscard]] const Event* find(std::string_view event) const;
  [[nodiscard]] const std::map<std::string, Event, std::less<>>& events() const { return events_; }

 private:
  std::map<std::string, Event, std::less<>> events_;
};

}  // namespace node
