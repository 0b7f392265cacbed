// Keeps a line that the outside world can provoke again and again (a stranger that redials) from
// filling the log: one of each key at most once in a while.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "node/messages/messages.h"

namespace node {

class LineLimiter {
 public:
  // `key`: what makes it the same line, without what changes each time (a port).
  void say(base::Instant now, const std::string& key, LogLine line, std::vector<LogLine>& lines) {
    if (said_.size() > kKeysMax) said_.clear();
    const auto [at, is_new] = said_.emplace(key, now);
    if (!is_new && now - at->second < kAgain) return;
    at->second = now;
    lines.push_back(std::move(line));
  }

 private:
  static constexpr base::Duration kAgain = base::milliseconds(10'000);
  static constexpr std::size_t kKeysMax = 256;
  std::map<std::string, base::Instant> said_;
};

}  // namespace node
