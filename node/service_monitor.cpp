// What is noted of each command that was carried out: how long it took (INFO, SLOWLOG, LATENCY) and
// a line for those who said MONITOR. Nothing here changes a reply.
#include <cstdio>
#include <string>

#include "engine/context.h"
#include "node/directive.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::string_view kRedacted = "(redacted)";

// As Redis 7.0 writes words to a monitor.
void append_quoted(std::string& out, std::string_view word) {
  out += '"';
  for (const char c : word) {
    constexpr std::string_view kSpecial = "\\\"\n\r\t\a\b";
    constexpr std::string_view kNames = "\\\"nrtab";
    const std::size_t special = kSpecial.find(c);
    const auto byte = static_cast<unsigned char>(c);
    if (special != std::string_view::npos) {
      out += '\\';
      out += kNames[special];
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      out += hex;
    }
  }
  out += '"';
}

// Words that are secrets: of AUTH, of HELLO behind AUTH, values of CONFIG SET that CONFIG GET
// hides.
void redact(const engine::CommandSpec& spec, std::vector<std::string_view>& words) {
  const auto hide = [&words](std::size_t i) {
    if (i < words.size()) words[i] = kRedacted;
  };
  if (spec.name == "auth")
    for (std::size_t i = 1; i < words.size(); ++i) hide(i);
  for (std::size_t i = 2; spec.name == "hello" && i < words.size(); ++i) {
    if (!engine::equals_ignoring_case(words[i], "auth")) continue;
    hide(i + 1);
    hide(i + 2);
    break;
  }
  for (std::size_t i = 2; spec.name == "config|set" && i + 1 < words.size(); i += 2) {
    const Directive* directive = find_directive(words[i]);
    if (directive != nullptr && (directive->traits & kSecret) != 0) hide(i + 1);
  }
}

}  // namespace

base::Instant Service::Machine::stopwatch() const {
  return options_.stopwatch == nullptr ? clocks_.now : options_.stopwatch->read();
}

void Service::Machine::note_command(Session& session, const engine::CommandSpec& spec,
                                    engine::Arguments argv, std::uint32_t database,
                                    base::Instant begun) {
  const std::int64_t duration_us = (stopwatch() - begun).count();
  statistics_.commands.of(spec).add_duration(static_cast<std::uint64_t>(duration_us));
  const std::int64_t threshold_ms = latency_threshold_ms_;
  if (threshold_ms > 0 && duration_us >= threshold_ms * 1000) {
    const bool is_fast = (spec.flags & engine::kFlagFast) != 0;
    monitoring_.latency.add(is_fast ? "fast-command" : "command", clocks_.wall_ms / 1000,
                            duration_us / 1000);
  }
  const bool is_slow = slow_threshold_us_ >= 0 && duration_us >= slow_threshold_us_ &&
                       (spec.flags & engine::kFlagSkipSlowlog) == 0;
  const bool is_shown =
      !monitors_.empty() && (spec.flags & (engine::kFlagSkipMonitor | engine::kFlagAdmin)) == 0;
  if (!is_slow && !is_shown) return;
  std::vector<std::string_view> words(argv.begin(), argv.end());
  redact(spec, words);
  if (is_slow)
    monitoring_.slow_log.add(words, clocks_.wall_ms / 1000, duration_us,
                             session.info.remote_address, session.name, slow_log_length_max_);
  if (is_shown) show_to_monitors(session, words, database);
}

void Service::Machine::show_to_monitors(const Session& session, engine::Arguments words,
                                        std::uint32_t database) {
  char time[64];
  std::snprintf(time, sizeof time, "+%lld.%06lld [%u ",
                static_cast<long long>(clocks_.wall_ms / 1000),
                static_cast<long long>(clocks_.wall_ms % 1000 * 1000), database);
  std::string line(time);
  line += session.info.door == Door::kUnixSocket ? "unix:" + config_.text("unixsocket")
                                                 : session.info.remote_address;
  line += ']';
  for (const std::string_view word : words) {
    line += ' ';
    append_quoted(line, word);
  }
  line += "\r\n";
  for (std::size_t i = 0; i < monitors_.size();) {
    Session* monitor = sessions_.find(monitors_[i]);
    if (monitor == nullptr || !monitor->is_monitor) {
      monitors_.erase(monitors_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    monitor->output += line;
    mark_dirty(*monitor);
    ++i;
  }
}

// The settings that note_command needs, read once a turn.
void Service::Machine::refresh_monitoring() {
  slow_threshold_us_ = config_.integer("slowlog-log-slower-than");
  slow_log_length_max_ = static_cast<std::size_t>(config_.integer("slowlog-max-len"));
  latency_threshold_ms_ = config_.integer("latency-monitor-threshold");
}

}  // namespace node
