// Keeps a line that the outside world can provoke again and again (a stranger that redials) from
// filling the log: the same text at most once in a while.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "node/messages.h"

namespace node {

class LineLimiter {
 public:
  void say(base::Instant now, LogLevel level, std::string text, std::vector<LogLine>& lines) {
    if (said_.size() > kTextsMax) said_.clear();
    const auto [at, is_new] = said_.emplace(text, now);
    if (!is_new && now - at->second < kAgain) return;
    at->second = now;
    lines.push_back({level, std::move(text)});
  }

 private:
  static constexpr base::Duration kAgain = base::milliseconds(10'000);
  static constexpr std::size_t kTextsMax = 256;
  std::map<std::string, base::Instant> said_;
};

}  // namespace node
