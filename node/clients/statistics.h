// Counters of a node since its start (or CONFIG RESETSTAT), for INFO. Not state: nothing here can
// change a reply of a data command.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/command/command.h"
#include "node/clients/latency_monitor.h"
#include "node/clients/slow_log.h"

namespace node {

struct CommandCalls {
  std::uint64_t calls = 0, rejected = 0, failed = 0;
  std::uint64_t microseconds = 0;  // of all calls
  // Calls by how long they took: the first 1 us and less, each twice as long as the one before.
  std::array<std::uint64_t, 32> durations{};

  [[nodiscard]] static std::uint64_t bound_us(std::size_t bucket) { return 1ULL << bucket; }
  void add_duration(std::uint64_t duration_us) {
    microseconds += duration_us;
    const auto bucket = static_cast<std::size_t>(
        std::bit_width(duration_us == 0 ? std::uint64_t{0} : duration_us - 1));
    ++durations[std::min(bucket, durations.size() - 1)];
  }
  // The bound within which so many percent of the calls stayed.
  [[nodiscard]] std::uint64_t percentile_us(double percent) const;
  void add(const CommandCalls& others);
};

// Calls per command: a small open-addressing table by the address of the spec; never iterated
// unsorted.
class CommandStatistics {
 public:
  CommandCalls& of(const engine::CommandSpec& spec);
  // Ordered by the command's name. A name that several doors know stands once, with the calls at
  // all of them.
  [[nodiscard]] std::vector<std::pair<const engine::CommandSpec*, CommandCalls>> sorted() const;
  void reset() { *this = {}; }

 private:
  struct Slot {
    const engine::CommandSpec* spec = nullptr;
    CommandCalls calls;
  };
  Slot& find(const engine::CommandSpec& spec);
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

struct Statistics {
  std::uint64_t connections_received = 0, connections_rejected = 0;
  std::uint64_t commands_processed = 0;
  std::uint64_t input_bytes = 0, output_bytes = 0;
  std::uint64_t reads = 0, writes = 0;  // of sockets
  std::uint64_t error_replies = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  // by code: ERR, WRONGTYPE, ...
  // `reply`: an error, its '-' too.
  [[nodiscard]] static std::string_view code_of(std::string_view reply) {
    return reply.substr(1, reply.find_first_of(" \r") - 1);
  }
  void count_errors(std::string_view code, std::uint64_t count);
  CommandStatistics commands;
  // instantaneous_*: of the last whole second
  std::uint64_t commands_per_second = 0, input_bytes_per_second = 0, output_bytes_per_second = 0;
  base::Instant started{};
  std::uint64_t peak_memory_bytes = 0;
};

// SLOWLOG and LATENCY of this node.
struct Monitoring {
  SlowLog slow_log;
  LatencyMonitor latency;
};

// CLIENT PAUSE: until `until` nothing is taken (or only reads are).
struct ClientPause {
  base::Instant until{};
  bool is_writes_only = false;
};

}  // namespace node
