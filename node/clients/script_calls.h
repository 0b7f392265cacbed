// What a script of a client of this node has called, gathered while it runs: when the command that
// runs it is noted (notes.h), this is noted with it. Invariants: nothing of a read counts that was
// not answered and will be asked again; its calls are forgotten. What is gathered for MONITOR in a
// turn is bounded: by default a monitor that is owed half of that is closed
// (docs/decisions/output-is-bounded.md).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/stopwatch.h"
#include "engine/elements/script_observer.h"
#include "node/clients/slow_log.h"
#include "node/clients/statistics.h"

namespace node {

struct ScriptCalls {
  struct OfCommand {
    const engine::CommandSpec* spec = nullptr;
    CommandCalls calls;
  };
  struct OfError {
    std::string code;
    std::uint64_t count = 0;
  };
  std::vector<OfCommand> commands;
  std::vector<OfError> errors;
  std::vector<SlowLog::Entry> slow;     // the newest of them
  std::string shown;                    // lines for MONITOR
  std::int64_t slowest_us[2] = {0, 0};  // of fast commands, of others: for LATENCY
};

class ScriptWatch final : public engine::ScriptObserver {
 public:
  // What is kept of a call besides its count.
  struct Rules {
    bool is_shown = false;  // somebody said MONITOR
    std::int64_t slow_threshold_us = -1;
    std::size_t slow_log_length_max = 0;
    std::int64_t wall_ms = 0;
  };
  // `stopwatch` outlives this; nullptr: nothing takes any time.
  explicit ScriptWatch(const base::Stopwatch* stopwatch) : stopwatch_(stopwatch) {}
  static constexpr std::size_t kShownBytesMax = 64 << 20;
  // Once a turn.
  void follow(const Rules& rules) {
    rules_ = rules;
    shown_bytes_ = 0;
  }
  void show(bool is_shown) { rules_.is_shown = is_shown; }

  void on_calling() override;
  void on_called(const Called& called) override;
  void on_told_again(std::string_view error) override;

  [[nodiscard]] bool has_calls() const { return has_calls_; }
  [[nodiscard]] ScriptCalls take() {
    return std::exchange(has_calls_, false) ? std::exchange(calls_, {}) : ScriptCalls{};
  }
  void give_back(ScriptCalls&& calls) {
    has_calls_ = !calls.commands.empty() || !calls.errors.empty();
    calls_ = std::move(calls);
  }
  void forget() {
    if (has_calls_) static_cast<void>(take());
  }

 private:
  [[nodiscard]] base::Instant now() const {
    return stopwatch_ == nullptr ? base::Instant{} : stopwatch_->read();
  }
  [[nodiscard]] CommandCalls& of(const engine::CommandSpec& spec);
  [[nodiscard]] ScriptCalls::OfError& of_error(std::string_view code);
  void keep(const Called& called, std::int64_t took_us);
  void keep_shown(const Called& called, engine::Arguments words);

  const base::Stopwatch* const stopwatch_;
  Rules rules_;
  base::Instant begun_{};
  bool has_calls_ = false;
  ScriptCalls calls_;
  std::size_t shown_bytes_ = 0;  // in this turn, for MONITOR
};

}  // namespace node
