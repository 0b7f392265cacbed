#include "node/clients/notes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "node/clients/monitor_line.h"

namespace node {
namespace {

void redact(const engine::CommandSpec& spec, std::vector<std::string_view>& words) {
  if (spec.hide_secrets != nullptr) spec.hide_secrets(words);
}

}  // namespace

void Notes::start() { desk_.statistics.started = second_began_ = desk_.turn.now(); }

void Notes::add_monitor(Session& session) {
  if (!std::exchange(session.modes.is_monitor, true)) monitors_.push_back(session.id);
  script_calls_.show(true);
}

// The settings that note_command needs, read once a turn.
void Notes::refresh() {
  slow_threshold_us_ = desk_.config.integer("slowlog-log-slower-than");
  slow_log_length_max_ = static_cast<std::size_t>(desk_.config.integer("slowlog-max-len"));
  latency_threshold_ms_ = desk_.config.integer("latency-monitor-threshold");
  script_calls_.follow({.is_shown = !monitors_.empty(),
                        .slow_threshold_us = slow_threshold_us_,
                        .slow_log_length_max = slow_log_length_max_,
                        .wall_ms = desk_.turn.clocks.wall_ms});
}

void Notes::note_latency(bool is_fast, std::int64_t duration_us) {
  if (latency_threshold_ms_ <= 0 || duration_us < latency_threshold_ms_ * 1000) return;
  monitoring().latency.add(is_fast ? "fast-command" : "command", desk_.turn.clocks.wall_ms / 1000,
                           duration_us / 1000);
}

// What the script of the command that is noted next has called; the lines that MONITOR shows behind
// it.
std::string Notes::note_script_calls() {
  ScriptCalls script = script_calls_.take();
  for (const auto& [spec, calls] : script.commands) {
    desk_.statistics.commands.of(*spec).add(calls);
    desk_.statistics.commands_processed += calls.calls;
  }
  for (const auto& [code, count] : script.errors) {
    if (count > 0) desk_.statistics.count_errors(code, count);
  }
  for (const bool is_fast : {true, false})
    note_latency(is_fast, script.slowest_us[is_fast ? 0 : 1]);
  for (SlowLog::Entry& entry : script.slow)
    monitoring().slow_log.add(std::move(entry), slow_log_length_max_);
  return std::move(script.shown);
}

void Notes::note_command(Session& session, const Noted& noted) {
  std::string script_lines;
  if (script_calls_.has_calls()) script_lines = note_script_calls();
  const std::int64_t duration_us = noted.took.count();
  CommandCalls& calls = desk_.statistics.commands.of(noted.spec);
  ++calls.calls;
  calls.failed += noted.has_failed ? 1 : 0;
  calls.add_duration(static_cast<std::uint64_t>(duration_us));
  ++desk_.statistics.commands_processed;
  note_latency((noted.spec.flags & engine::kFlagFast) != 0, duration_us);
  if (!noted.is_blocked) note_slow(session, noted);
  constexpr std::uint32_t kUnseen = engine::kFlagSkipMonitor | engine::kFlagAdmin;
  const bool is_unseen = (noted.spec.flags & kUnseen) != 0;
  if (monitors_.empty() || (is_unseen && !has_trait(noted.spec, engine::kTraitRunsScript))) return;
  std::vector<std::string_view> words(noted.argv.begin(), noted.argv.end());
  redact(noted.spec, words);
  show_to_monitors(session, words, noted.database, script_lines);
}

void Notes::note_slow(Session& session, const Noted& noted) {
  if (slow_threshold_us_ < 0 || noted.took.count() < slow_threshold_us_ ||
      (noted.spec.flags & engine::kFlagSkipSlowlog) != 0)
    return;
  std::vector<std::string_view> words(noted.argv.begin(), noted.argv.end());
  redact(noted.spec, words);
  monitoring().slow_log.add(
      SlowLog::entry_of(words, desk_.turn.clocks.wall_ms / 1000, noted.took.count(),
                        session.info.remote_address, session.modes.name),
      slow_log_length_max_);
}

// The command at the front waited and has its reply. One whose time was up has taken nothing.
void Notes::note_served(Session& session, Operation& operation, std::string_view reply) {
  if (operation.spec == nullptr || is_null_reply(reply)) return;
  if (reply.starts_with('-')) {
    ++desk_.statistics.commands.of(*operation.spec).failed;
    return;
  }
  operation.arguments(desk_.scratch.words);
  note_slow(session, {.spec = *operation.spec,
                      .argv = desk_.scratch.words,
                      .database = operation.database,
                      .took = operation.took});
}

void Notes::note_simple(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                        bool has_failed) {
  note_command(
      session,
      {.spec = spec, .argv = argv, .database = session.modes.database, .has_failed = has_failed});
}

void Notes::note_queued(Session& session, const Transaction::Queued& queued, base::Duration took,
                        std::string_view reply) {
  const std::vector<std::string_view> words(queued.words.begin(), queued.words.end());
  replies_.count(reply);  // before a line for a monitor may move it
  note_command(session, {.spec = *queued.spec,
                         .argv = words,
                         .database = queued.database,
                         .took = took,
                         .has_failed = reply.starts_with('-')});
}

// Behind its commands, which are noted one by one. MONITOR shows the word that was typed.
void Notes::note_exec(Session& session, const engine::CommandSpec& spec,
                      const Transaction& transaction, base::Instant begun, bool has_failed) {
  const std::string_view words[] = {transaction.exec_word};
  note_command(session, {.spec = spec,
                         .argv = words,
                         .database = session.modes.database,
                         .took = stopwatch() - begun,
                         .has_failed = has_failed});
}

void Notes::show_to_monitors(const Session& session, engine::Arguments words,
                             std::uint32_t database, std::string_view more) {
  const std::string origin = session.info.door == Door::kUnixSocket
                                 ? "unix:" + desk_.config.text("unixsocket")
                                 : session.info.remote_address;
  std::string line;
  append_monitor_line(line, desk_.turn.clocks.wall_ms, database, origin, words);
  line += more;
  for (std::size_t i = 0; i < monitors_.size();) {
    Session* monitor = desk_.sessions.find(monitors_[i]);
    if (monitor == nullptr || !monitor->modes.is_monitor) {
      monitors_.erase(monitors_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    ++i;
    if (monitor->output.is_killed()) continue;
    monitor->output.buffer() += line;
    output_.mark_dirty(*monitor);
  }
}

bool Notes::measure_second() {
  constexpr auto kSecond = base::milliseconds(1000);
  if (desk_.turn.now() - second_began_ < kSecond) return false;
  Statistics& now = desk_.statistics;
  now.commands_per_second =
      now.commands_processed - std::exchange(second_commands_, now.commands_processed);
  now.input_bytes_per_second =
      now.input_bytes - std::exchange(second_input_bytes_, now.input_bytes);
  now.output_bytes_per_second =
      now.output_bytes - std::exchange(second_output_bytes_, now.output_bytes);
  second_began_ = desk_.turn.now();
  return true;
}

}  // namespace node
