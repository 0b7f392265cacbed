// What must hold of a cluster at every moment, seen from outside its nodes: one leader a term (Raft
// paper, figure 3: election safety), log matching, leader completeness, state machine safety, no
// truncation of what was chosen, equal digests at equal applied positions; of its members: one
// change at a time, of one voter, none before an entry of the leader's own term is committed
// (thesis 4.1 and its correction). A broken claim throws Violation.
//
// A world may hold several clusters: a node that was alone before it was invited had one of its
// own.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/messages/messages.h"
#include "tests/sim/amnesia_checks.h"
#include "tests/sim/counters.h"
#include "tests/sim/log_reader.h"
#include "tests/sim/violation.h"

namespace sim {

class ClusterChecks {
 public:
  ClusterChecks(std::size_t hosts, Counters& counters) : hosts_(hosts), counters_(counters) {}

  // A process begins on this log, under this id.
  void on_start(std::size_t host, base::NodeId self, const raft::Restored& restored);
  // A process begins that knows that it was removed: it opens no log.
  void on_removed_start(std::size_t host) { hosts_[host].cluster = {}; }
  void on_log_write(std::size_t host, const persistence::LogWrite& write);
  void on_role(std::size_t host, base::NodeId self, const node::Leadership& leadership);
  void on_committed(std::size_t host, const std::vector<raft::EntryPtr>& entries);
  void on_applied(std::size_t host, base::LogIndex index, std::uint64_t digest);
  // A message has left the node: a vote it gives is on its disk, whatever happens to it.
  void on_said(std::size_t host, const raft::Message& message, bool has_amnesia);
  // The core before what a turn has made is carried out.
  void on_commit(std::size_t host, base::LogIndex committed);
  // The core after a turn: a leader's commit moves to an entry of its own term (Raft paper 5.4.2).
  void on_turn(std::size_t host, const raft::Raft& raft);
  [[nodiscard]] Counters& counters() { return counters_; }
  [[nodiscard]] LogReader& log_reader() { return log_reader_; }
  // Of the host's cluster: the highest that has a leader.
  [[nodiscard]] std::uint64_t last_leader_term(std::size_t host) {
    const auto& leaders = cluster_of(host).leaders;
    return leaders.empty() ? 0 : leaders.rbegin()->first;
  }

  // ---- what is known ----
  // Of the cluster that the host's node belongs to.
  [[nodiscard]] std::uint64_t last_chosen(std::size_t host) const;
  // The cluster that clients speak with is the one that host 0 was born in.
  [[nodiscard]] std::uint64_t last_chosen() const { return last_chosen_in(main_); }
  [[nodiscard]] bool is_in_main(std::size_t host) const {
    return !main_.is_none() && hosts_[host].cluster == main_;
  }
  // Its members, as last chosen.
  [[nodiscard]] const raft::Membership& members() const;

 private:
  struct Log {  // the core's, as it asked for it to be written
    std::uint64_t base = 0;
    std::vector<std::uint64_t> terms;                       // of base, base + 1, ...
    std::map<std::uint64_t, raft::Membership> memberships;  // by index; the first: at the base
    [[nodiscard]] std::uint64_t last() const { return base + terms.size() - 1; }
    [[nodiscard]] std::uint64_t term_at(std::uint64_t index) const { return terms[index - base]; }
  };
  struct Core {  // as of its last turn
    bool was_leader = false;
    std::uint64_t term = 0, commit = 0;
  };
  struct Host {
    base::NodeId id;
    base::ClusterId cluster;  // none: not born
    Log log;
    raft::HardState vote;  // the last one given
    Core core;
  };
  struct Content {
    std::uint32_t crc = 0;
    std::uint64_t previous_term = 0;
    bool operator==(const Content&) const = default;
  };
  struct Cluster {
    std::map<std::uint64_t, base::NodeId> leaders;                            // by term
    std::map<std::pair<std::uint64_t, std::uint64_t>, Content> entries;       // by index and term
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint32_t>> chosen;  // term and crc
    std::map<std::uint64_t, std::uint64_t> digests;                           // by applied index
    std::uint64_t committed = 0;                                              // by any of its cores
    std::uint64_t members_at = 0;
    raft::Membership members;  // chosen there
  };
  [[nodiscard]] Cluster& cluster_of(std::size_t host) { return clusters_[hosts_[host].cluster]; }
  [[nodiscard]] std::uint64_t last_of(base::NodeId node) const;  // where its log ends
  [[nodiscard]] std::uint64_t last_chosen_in(base::ClusterId cluster) const;
  void begin_log(std::size_t host, const raft::SnapshotMeta& base);
  void append(std::size_t host, const raft::Entry& entry);
  void change_members(std::size_t host, const raft::Entry& entry, bool is_new);
  void truncate(std::size_t host, std::uint64_t from);

  std::vector<Host> hosts_;
  std::map<base::ClusterId, Cluster> clusters_;
  base::ClusterId main_;
  AmnesiaChecks amnesia_;
  LogReader log_reader_;  // of the main cluster
  Counters& counters_;
};

}  // namespace sim
