#include "node/clients/script_calls.h"

#include <algorithm>

#include "node/clients/monitor_line.h"

namespace node {
namespace {

// As Redis 7.0 names the client that a script's commands come from: to MONITOR, and in SLOWLOG.
constexpr std::string_view kShownAs = "lua", kSlowAs = "?:0";

}  // namespace

// A script calls few commands, and often the same again.
CommandCalls& ScriptWatch::of(const engine::CommandSpec& spec) {
  auto& commands = calls_.commands;
  const auto found = std::find_if(commands.rbegin(), commands.rend(),
                                  [&spec](const auto& one) { return one.spec == &spec; });
  if (found != commands.rend()) return found->calls;
  commands.push_back({&spec, {}});
  return commands.back().calls;
}

ScriptCalls::OfError& ScriptWatch::of_error(std::string_view code) {
  auto& errors = calls_.errors;
  const auto found = std::find_if(errors.begin(), errors.end(),
                                  [code](const auto& one) { return one.code == code; });
  if (found != errors.end()) return *found;
  errors.push_back({std::string(code), 0});
  return errors.back();
}

void ScriptWatch::on_calling() { begun_ = now(); }

void ScriptWatch::on_called(const Called& called) {
  has_calls_ = true;
  const bool is_error = called.reply.starts_with('-');
  if (is_error) ++of_error(Statistics::code_of(called.reply)).count;
  if (called.spec == nullptr) return;
  CommandCalls& calls = of(*called.spec);
  if (called.is_refused) {
    ++calls.rejected;
    return;
  }
  const std::int64_t took_us = (now() - begun_).count();
  ++calls.calls;
  calls.failed += is_error ? 1 : 0;
  calls.add_duration(static_cast<std::uint64_t>(took_us));
  keep(called, took_us);
}

void ScriptWatch::keep(const Called& called, std::int64_t took_us) {
  const engine::CommandSpec& spec = *called.spec;
  std::int64_t& slowest = calls_.slowest_us[(spec.flags & engine::kFlagFast) != 0 ? 0 : 1];
  slowest = std::max(slowest, took_us);
  const bool is_slow = rules_.slow_threshold_us >= 0 && took_us >= rules_.slow_threshold_us &&
                       (spec.flags & engine::kFlagSkipSlowlog) == 0;
  const bool is_shown = rules_.is_shown && shown_bytes_ < kShownBytesMax &&
                        (spec.flags & (engine::kFlagSkipMonitor | engine::kFlagAdmin)) == 0;
  if (!is_slow && !is_shown) return;
  std::vector<std::string_view> words(called.argv.begin(), called.argv.end());
  if (spec.hide_secrets != nullptr) spec.hide_secrets(words);
  if (is_slow) {
    calls_.slow.push_back(
        SlowLog::entry_of(words, rules_.wall_ms / 1000, took_us, std::string(kSlowAs), {}));
    const auto surplus = static_cast<std::ptrdiff_t>(rules_.slow_log_length_max);
    if (calls_.slow.size() > 2 * rules_.slow_log_length_max + 1)
      calls_.slow.erase(calls_.slow.begin(), calls_.slow.end() - surplus);
  }
  if (is_shown) keep_shown(called, words);
}

void ScriptWatch::keep_shown(const Called& called, engine::Arguments words) {
  const std::size_t before = calls_.shown.size();
  append_monitor_line(calls_.shown, rules_.wall_ms, called.database, kShownAs, words);
  shown_bytes_ += calls_.shown.size() - before;
}

// The reply of the script counts as an error itself.
void ScriptWatch::on_told_again(std::string_view error) {
  ScriptCalls::OfError& told = of_error(Statistics::code_of(error));
  told.count -= std::min<std::uint64_t>(told.count, 1);
}

}  // namespace node
