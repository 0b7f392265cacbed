// What must hold of a cluster at every moment, seen from outside its nodes: one leader a term (Raft
// paper, figure 3: election safety), log matching, leader completeness, state machine safety, no
// truncation of what was chosen, equal digests at equal applied positions. A broken claim throws
// Violation.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/messages.h"
#include "tests/sim/counters.h"
#include "tests/sim/violation.h"

namespace sim {

class ClusterChecks {
 public:
  ClusterChecks(std::size_t hosts, Counters& counters) : logs_(hosts), counters_(counters) {}

  // A process begins on this log.
  void on_start(std::size_t host, const raft::Restored& restored);
  void on_log_write(std::size_t host, const persistence::LogWrite& write);
  void on_role(std::size_t host, base::NodeId self, const node::Leadership& leadership);
  void on_committed(std::size_t host, const std::vector<raft::EntryPtr>& entries);
  void on_applied(std::size_t host, base::LogIndex index, std::uint64_t digest);
  // A message has left the node: a vote it gives is on its disk, whatever happens to it.
  void on_said(std::size_t host, const raft::Message& message);
  // The core after a turn: a leader's commit moves to an entry of its own term (Raft paper 5.4.2).
  void on_turn(std::size_t host, const raft::Raft& raft);
  [[nodiscard]] Counters& counters() { return counters_; }
  [[nodiscard]] std::uint64_t last_chosen() const {
    return chosen_.empty() ? 0 : chosen_.rbegin()->first;
  }

 private:
  struct Log {  // the core's, as it asked for it to be written
    std::uint64_t base = 0;
    std::vector<std::uint64_t> terms;  // of base, base + 1, ...
    [[nodiscard]] std::uint64_t last() const { return base + terms.size() - 1; }
    [[nodiscard]] std::uint64_t term_at(std::uint64_t index) const { return terms[index - base]; }
  };
  struct Content {
    std::uint32_t crc = 0;
    std::uint64_t previous_term = 0;
    bool operator==(const Content&) const = default;
  };
  struct Core {  // as of its last turn
    bool was_leader = false;
    std::uint64_t term = 0, commit = 0;
  };
  void append(Log& log, const raft::Entry& entry);
  void truncate(Log& log, std::uint64_t from);

  std::vector<Log> logs_;
  std::map<std::uint64_t, base::NodeId> leaders_;                            // by term
  std::map<std::pair<std::uint64_t, std::uint64_t>, Content> entries_;       // by index and term
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint32_t>> chosen_;  // term and crc
  std::map<std::uint64_t, std::uint64_t> digests_;                           // by applied index
  std::map<std::size_t, raft::HardState> votes_;                             // the last one given
  std::map<std::size_t, Core> cores_;
  Counters& counters_;
};

}  // namespace sim
