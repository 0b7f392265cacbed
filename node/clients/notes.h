// What is noted of each command that was carried out: how long it took (INFO, SLOWLOG, LATENCY) and
// a line for those who said MONITOR. Invariant: nothing here changes a reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/stopwatch.h"
#include "node/clients/desk.h"
#include "node/clients/output.h"
#include "node/clients/replies.h"
#include "node/clients/script_calls.h"
#include "node/clients/transaction.h"

namespace node {

// A command that was carried out.
struct Noted {
  const engine::CommandSpec& spec;
  engine::Arguments argv;
  std::uint32_t database = 0;
  base::Duration took{};
  bool has_failed = false;  // its reply is an error
  bool is_blocked = false;  // it waits: SLOWLOG has it when it is served
};

class Notes {
 public:
  Notes(Desk& desk, Output& output, Replies& replies)
      : desk_(desk),
        output_(output),
        replies_(replies),
        stopwatch_(desk.options.stopwatch),
        script_calls_(desk.options.stopwatch) {}
  void start();
  void refresh();  // the settings, read once a turn
  [[nodiscard]] Monitoring& monitoring() { return monitoring_; }
  void add_monitor(Session& session);
  // Told of what a script calls, until the command that runs it is noted.
  [[nodiscard]] ScriptWatch& script_calls() { return script_calls_; }
  [[nodiscard]] base::Instant stopwatch() const {
    return stopwatch_ == nullptr ? desk_.turn.now() : stopwatch_->read();
  }

  void note_command(Session& session, const Noted& noted);
  void note_served(Session& session, Operation& operation, std::string_view reply);
  // One that takes no time to speak of (MULTI, DISCARD, QUIT, ...).
  void note_simple(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                   bool has_failed = false);
  // One command of an EXEC.
  void note_queued(Session& session, const Transaction::Queued& queued, base::Duration took,
                   std::string_view reply);
  void note_exec(Session& session, const engine::CommandSpec& spec, const Transaction& transaction,
                 base::Instant begun, bool has_failed = false);
  void note_rejected(const engine::CommandSpec& spec) {
    ++desk_.statistics.commands.of(spec).rejected;
  }
  // The end of a turn. True: a second is over.
  [[nodiscard]] bool measure_second();

 private:
  void note_slow(Session& session, const Noted& noted);
  // `more`: the lines behind it.
  void show_to_monitors(const Session& session, engine::Arguments words, std::uint32_t database,
                        std::string_view more);
  void note_latency(bool is_fast, std::int64_t duration_us);
  [[nodiscard]] std::string note_script_calls();

  Desk& desk_;
  Output& output_;
  Replies& replies_;
  const base::Stopwatch* const stopwatch_;
  ScriptWatch script_calls_;
  Monitoring monitoring_;
  std::vector<base::ConnectionId> monitors_;  // said MONITOR
  std::int64_t slow_threshold_us_ = -1, latency_threshold_ms_ = 0;
  std::size_t slow_log_length_max_ = 0;
  base::Instant second_began_{};
  std::uint64_t second_commands_ = 0, second_input_bytes_ = 0, second_output_bytes_ = 0;
};

}  // namespace node
