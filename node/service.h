// The service machine of a node: the coordinator of its clients and of what they are served from, a
// replica of the raft group. It knows in which order a turn goes, and nothing else.
//
// Bytes, messages and the time go in; at the end of a turn everything to do comes out as one value.
// Replies are written straight into each session's output buffer, which the driver reads (unsent)
// and consumes (on_written). Thread: service.
//
// Order: the commands of one connection take effect and answer in the order sent (DESIGN section
// 3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stopwatch.h"
#include "base/time.h"
#include "engine/command/command.h"
#include "node/clients/announcement.h"
#include "node/clients/clients_output.h"
#include "node/clients/connect_info.h"
#include "node/clients/service_options.h"
#include "node/config/applying.h"
#include "node/config/config.h"
#include "node/messages/messages.h"
#include "node/replica/checkpointer.h"

namespace node {

struct ServiceOutput : ClientsOutput {
  std::vector<ToConsensus> to_consensus;
  std::vector<ToState> to_state;
  std::vector<LogLine> lines;
  bool is_serving = false;  // loading is over
  std::optional<std::string>
      fatal;  // the node must stop with this error (a checkpoint that cannot be loaded)
  base::Instant next_deadline;
};

class Service {
 public:
  Service(ServiceOptions options, Config config);
  ~Service();

  // False: over maxclients; the driver writes unsent() (the error) and closes.
  bool on_connect(base::ConnectionId connection, const ConnectInfo& info);
  void on_bytes(base::ConnectionId connection, std::string_view bytes);
  void on_disconnect(base::ConnectionId connection);
  [[nodiscard]] std::string_view unsent(base::ConnectionId connection) const;
  void on_written(base::ConnectionId connection, std::size_t bytes);
  // What was written since the last turn lets sessions go on: another turn is due at once.
  [[nodiscard]] bool wants_turn() const;
  void receive(FromConsensus message);
  void receive(FromState message);
  void set_process_facts(const ProcessFacts& facts);
  // The config file was rewritten, or not (reason).
  void on_config_rewritten(std::string_view error);
  // SIGTERM: takes no new commands, hands over, answers what is under way; `is_drained` says when
  // to exit.
  void begin_stop();
  [[nodiscard]] bool is_drained() const;

  // Ends the turn at `clocks`: batches close, replies are ready, deadlines are looked at.
  [[nodiscard]] ServiceOutput turn(const base::Clocks& clocks);

  [[nodiscard]] const Config& config() const;
  // For the simulator's checks only.
  [[nodiscard]] std::uint64_t state_digest() const;
  [[nodiscard]] LogIndex applied() const;
  // The term in which reads of the last turn needed nothing because of a lease.
  [[nodiscard]] std::optional<Term> leased_term() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace node
