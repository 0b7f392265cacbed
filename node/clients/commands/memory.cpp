// MEMORY DOCTOR, STATS, PURGE, MALLOC-STATS; MEMORY USAGE is a read of the engine.
#include <string>

#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"

namespace node {
namespace {

constexpr std::uint64_t kSmallDataset = 5ULL << 20;

std::uint64_t used_bytes(const Facilities& node) {
  return node.process.allocated_bytes != 0 ? node.process.allocated_bytes
                                           : node.engine.memory_bytes();
}

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

constexpr LocalCommand kCommands[] = {{"memory|doctor", doctor},
                                      {"memory|stats", statistics},
                                      {"memory|purge", purge},
                                      {"memory|malloc-stats", allocator},
                                      {"memory|help", write_help}};

}  // namespace

std::span<const LocalCommand> memory_commands() { return kCommands; }

}  // namespace node
