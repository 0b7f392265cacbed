// MEMORY DOCTOR, STATS, PURGE, MALLOC-STATS; MEMORY USAGE is a read of the engine.
#include <string>

#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

constexpr std::uint64_t kSmallDataset = 5ULL << 20;

void doctor(LocalCall& call) {
  const std::uint64_t used = used_bytes(call.node);
  if (used < kSmallDataset) {
    return call.reply.verbatim(
        "txt", "This node holds next to nothing: there is no memory trouble to look for yet.\n");
  }
  const double resident = static_cast<double>(call.node.process.resident_bytes);
  std::string text;
  if (resident > 1.4 * static_cast<double>(used))
    text +=
        "The process holds much more memory than it has allocated: it is fragmented, or a lot "
        "was freed a short while ago.\n";
  if (call.node.statistics.peak_memory_bytes > used + used / 2)
    text += "At its peak it used far more than now; what was freed may not have been given back.\n";
  call.reply.verbatim("txt",
                      text.empty() ? "Nothing looks wrong with this node's memory.\n" : text);
}

void statistics(LocalCall& call) {
  const Facilities& node = call.node;
  const auto databases = node.engine.databases();
  const std::uint64_t used = used_bytes(node), dataset = node.engine.memory_bytes();
  std::uint64_t keys = 0;
  for (const auto& database : databases) keys += database.keys;
  struct Figure {
    std::string_view name;
    std::uint64_t value;
  };
  const Figure figures[] = {{"peak.allocated", std::max(node.statistics.peak_memory_bytes, used)},
                            {"total.allocated", used},
                            {"startup.allocated", 0},
                            {"replication.backlog", 0},
                            {"clients.slaves", 0},
                            {"clients.normal", 0},
                            {"cluster.links", 0},
                            {"aof.buffer", 0},
                            {"lua.caches", 0},
                            {"functions.caches", 0},
                            {"overhead.total", used > dataset ? used - dataset : 0},
                            {"keys.count", keys},
                            {"keys.bytes-per-key", keys == 0 ? 0 : dataset / keys},
                            {"dataset.bytes", dataset},
                            {"allocator.allocated", node.process.allocated_bytes},
                            {"allocator.active", node.process.active_bytes},
                            {"allocator.resident", node.process.resident_bytes}};
  call.reply.map(std::size(figures));
  for (const Figure& figure : figures) {
    call.reply.bulk(figure.name);
    call.reply.integer(static_cast<std::int64_t>(figure.value));
  }
}

// The allocator gives pages back by itself.
void purge(LocalCall& call) { call.reply.ok(); }

void allocator(LocalCall& call) {
  const ProcessFacts& process = call.node.process;
  call.reply.verbatim("txt", std::string(process.allocator) + ": allocated " +
                                 std::to_string(process.allocated_bytes) + ", active " +
                                 std::to_string(process.active_bytes) + ", resident " +
                                 std::to_string(process.resident_bytes) + "\n");
}

constexpr CommandRow kMemoryRows[] = {
    row("memory|doctor", 2, 0, kNoKeys, {"Says in words how the memory is.", "4.0.0", "O(1)"},
        {.local = doctor},
        {.tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
    row("memory|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "4.0.0", "O(1)"}, {.local = write_help}),
    row("memory|malloc-stats", 2, 0, kNoKeys, {"Tells the figures of the allocator.", "4.0.0"},
        {.local = allocator},
        {.tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
    row("memory|purge", 2, 0, kNoKeys, {"Asks the allocator to give memory back.", "4.0.0"},
        {.local = purge}, {.tips = "request_policy:all_shards response_policy:all_succeeded"}),
    row("memory|stats", 2, 0, kNoKeys, {"Tells the figures of the memory.", "4.0.0", "O(1)"},
        {.local = statistics},
        {.tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
};

}  // namespace

constinit const Family kMemoryFamily{"server", kMemoryRows};

}  // namespace node
