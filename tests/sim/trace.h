// What happened, in words: the last lines for a failure's report, all of them if wanted, and a
// fingerprint by which two runs of a seed are compared.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "tests/sim/scheduler.h"

namespace sim {

class Trace {
 public:
  Trace(const Scheduler& scheduler, bool is_verbose)
      : scheduler_(scheduler), is_verbose_(is_verbose) {}
  void say(const std::string& who, const std::string& what);
  // Only for the eyes.
  void detail(const std::string& who, const std::string& what) const;
  // Into the fingerprint only.
  void note(std::uint64_t value);
  [[nodiscard]] bool is_verbose() const { return is_verbose_; }
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] std::string last_lines() const;

 private:
  static constexpr std::size_t kLinesKept = 60;
  const Scheduler& scheduler_;
  bool is_verbose_;
  std::uint64_t fingerprint_ = 0;
  std::deque<std::string> lines_;
};

}  // namespace sim
