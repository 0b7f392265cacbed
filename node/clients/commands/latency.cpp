// LATENCY LATEST, HISTORY, RESET, GRAPH, DOCTOR, HISTOGRAM.
#include <algorithm>
#include <string>

#include "engine/context/context.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

constexpr std::size_t kGraphRows = 4;

void latest(LocalCall& call) {
  const auto& events = call.node.monitoring.latency.events();
  call.reply.array(events.size());
  for (const auto& [name, event] : events) {
    call.reply.array(4);
    call.reply.bulk(name);
    call.reply.integer(event.samples.back().time_s);
    call.reply.integer(event.samples.back().duration_ms);
    call.reply.integer(event.max_ms);
  }
}

void history(LocalCall& call) {
  const auto* event = call.node.monitoring.latency.find(call.argv[2]);
  if (event == nullptr) return call.reply.array(0);
  call.reply.array(event->samples.size());
  for (const LatencyMonitor::Sample& sample : event->samples) {
    call.reply.array(2);
    call.reply.integer(sample.time_s);
    call.reply.integer(sample.duration_ms);
  }
}

void reset(LocalCall& call) {
  LatencyMonitor& monitor = call.node.monitoring.latency;
  std::size_t count = call.argv.size() == 2 ? monitor.reset_all() : 0;
  for (std::size_t i = 2; i < call.argv.size(); ++i) count += monitor.reset(call.argv[i]) ? 1 : 0;
  call.reply.integer(static_cast<std::int64_t>(count));
}

// One column per sample, as high as its part of the highest.
void graph(LocalCall& call) {
  const auto* event = call.node.monitoring.latency.find(call.argv[2]);
  if (event == nullptr) {
    return call.reply.error("ERR No samples available for event '" + std::string(call.argv[2]) +
                            "'");
  }
  std::int64_t high = 0, low = INT64_MAX;
  for (const auto& sample : event->samples) {
    high = std::max(high, sample.duration_ms);
    low = std::min(low, sample.duration_ms);
  }
  std::string text = std::string(call.argv[2]) + " - high " + std::to_string(high) + " ms, low " +
                     std::to_string(low) + " ms (all time high " + std::to_string(event->max_ms) +
                     " ms)\n" + std::string(80, '-') + "\n";
  for (std::size_t row = kGraphRows; row > 0; --row) {
    for (const auto& sample : event->samples) {
      const std::int64_t height =
          high == 0
              ? 0
              : (sample.duration_ms * static_cast<std::int64_t>(kGraphRows) + high - 1) / high;
      text += height >= static_cast<std::int64_t>(row) ? '#' : ' ';
    }
    text += '\n';
  }
  call.reply.verbatim("txt", text);
}

void doctor(LocalCall& call) {
  const auto& events = call.node.monitoring.latency.events();
  std::string text;
  if (call.node.config.integer("latency-monitor-threshold") == 0) {
    text =
        "Nothing is measured: latency-monitor-threshold is 0. Set it to the milliseconds from "
        "which "
        "on a moment counts as slow.\n";
  } else if (events.empty()) {
    text = "No slow moment was seen.\n";
  }
  for (const auto& [name, event] : events) {
    std::int64_t sum = 0;
    for (const auto& sample : event.samples) sum += sample.duration_ms;
    const auto count = static_cast<std::int64_t>(event.samples.size());
    text += name + ": " + std::to_string(count) + " slow moments, " + std::to_string(sum / count) +
            " ms on average, " + std::to_string(event.max_ms) +
            " ms at worst. SLOWLOG GET tells which commands they were.\n";
  }
  call.reply.verbatim("txt", text);
}

void write_histogram(LocalCall& call, std::string_view name, const CommandCalls& calls) {
  call.reply.bulk(name);
  call.reply.map(2);
  call.reply.bulk("calls");
  call.reply.integer(static_cast<std::int64_t>(calls.calls));
  call.reply.bulk("histogram_usec");
  std::size_t used = 0;
  for (const std::uint64_t count : calls.durations) used += count > 0 ? 1 : 0;
  call.reply.map(used);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < calls.durations.size(); ++i) {
    if (calls.durations[i] == 0) continue;
    sum += calls.durations[i];
    call.reply.integer(static_cast<std::int64_t>(CommandCalls::bound_us(i)));
    call.reply.integer(static_cast<std::int64_t>(sum));
  }
}

void histogram(LocalCall& call) {
  std::vector<std::pair<const engine::CommandSpec*, CommandCalls>> wanted;
  for (const auto& [spec, calls] : call.node.statistics.commands.sorted()) {
    bool is_wanted = call.argv.size() == 2;
    for (const std::string_view word : call.argv.subspan(2)) {
      is_wanted |= engine::equals_ignoring_case(word, spec->name) ||
                   (spec->name.size() > word.size() && spec->name[word.size()] == '|' &&
                    engine::equals_ignoring_case(word, spec->name.substr(0, word.size())));
    }
    if (is_wanted && calls.calls > 0) wanted.emplace_back(spec, calls);
  }
  call.reply.map(wanted.size());
  for (const auto& [spec, calls] : wanted) write_histogram(call, spec->name, calls);
}

constexpr CommandRow kLatencyRows[] = {
    row("latency", -2, 0, kNoKeys, {"Commands on slow moments.", "2.8.13"}),
    row("latency|doctor", 2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Says in words what was slow.", "2.8.13", "O(1)"}, {.local = doctor},
        {.tips = "nondeterministic_output request_policy:all_nodes response_policy:special"}),
    row("latency|graph", 3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Draws the slow moments of an event.", "2.8.13", "O(1)"}, {.local = graph},
        {.tips = "nondeterministic_output request_policy:all_nodes response_policy:special"}),
    row("latency|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "2.8.13", "O(1)"}, {.local = write_help}),
    row("latency|histogram", -2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Tells how long commands took.", "7.0.0"}, {.local = histogram},
        {.tips = "nondeterministic_output request_policy:all_nodes response_policy:special"}),
    row("latency|history", 3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the slow moments of an event.", "2.8.13", "O(1)"}, {.local = history},
        {.tips = "nondeterministic_output request_policy:all_nodes response_policy:special"}),
    row("latency|latest", 2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the last slow moment of each event.", "2.8.13", "O(1)"}, {.local = latest},
        {.tips = "nondeterministic_output request_policy:all_nodes response_policy:special"}),
    row("latency|reset", -2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Forgets slow moments.", "2.8.13", "O(1)"}, {.local = reset},
        {.tips = "request_policy:all_nodes response_policy:all_succeeded"}),
};

}  // namespace

constinit const Family kLatencyFamily{"server", kLatencyRows};

}  // namespace node
