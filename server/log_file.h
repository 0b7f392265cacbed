// The node's log: lines as Redis writes them ("PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL text") to
// standard output or `logfile`. Any thread. Opening again after rotation: each line is flushed at
// once, so a moved file is simply reopened by a restart.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "node/messages.h"

namespace spdlog {
class logger;
}

namespace server {

class LogFile {
 public:
  // `path` empty: standard output. `level`: debug, verbose, notice or warning.
  [[nodiscard]] static base::Result<std::unique_ptr<LogFile>> open(const std::string& path,
                                                                   std::string_view level);
  explicit LogFile(std::shared_ptr<spdlog::logger> logger);
  ~LogFile();

  void write(node::LogLevel level, std::string_view text);
  void notice(std::string_view text) { write(node::LogLevel::kNotice, text); }
  void warning(std::string_view text) { write(node::LogLevel::kWarning, text); }
  void set_level(std::string_view level);
  // M leader, S follower, C child does not exist here; X still starting.
  void set_role(char role) { role_ = role; }

 private:
  std::shared_ptr<spdlog::logger> logger_;
  std::atomic<node::LogLevel> level_{node::LogLevel::kNotice};
  std::atomic<char> role_{'X'};
};

}  // namespace server
