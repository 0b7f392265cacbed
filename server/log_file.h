// The node's log: lines as Redis writes them ("PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL text") to
// standard output or `logfile`. Any thread may say one, and none waits for it to be written: a
// thread of the log's own does that, so that a pipe nobody reads costs no election. Lines gather up
// to a bound; those beyond it are counted instead. Opening again after rotation: each line is
// flushed at once, so a moved file is simply reopened by a restart.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "node/messages/messages.h"

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
  // What has been said is written first, unless that takes longer than flush() waits.
  ~LogFile();
  // Before the process ends itself: waits until what has been said is written, at most a second.
  void flush();

  void write(node::LogLevel level, std::string_view text);
  void notice(std::string_view text) { write(node::LogLevel::kNotice, text); }
  void warning(std::string_view text) { write(node::LogLevel::kWarning, text); }
  void set_level(std::string_view level);
  // M leader, S follower, C child does not exist here; X still starting.
  void set_role(char role) { role_ = role; }

 private:
  struct Shared;  // with the thread
  void say(std::string line);
  static void run(Shared& shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  std::atomic<node::LogLevel> level_{node::LogLevel::kNotice};
  std::atomic<char> role_{'X'};
};

}  // namespace server
