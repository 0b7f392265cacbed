// What a simulation met; sums over seeds are asserted, so that a simulator that went blind is seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sim {

struct Counters {
  std::uint64_t elections = 0;           // terms that got a leader
  std::uint64_t truncations = 0;         // a follower threw away entries of another leader
  std::uint64_t installs = 0;            // snapshots installed by a follower
  std::uint64_t checkpoints = 0;         // finished
  std::uint64_t sqlite_checkpoints = 0;  // of them in SQLite
  std::uint64_t crashes = 0;             // of a process, by kill or power failure
  std::uint64_t checkpoint_crashes = 0;  // of them within a checkpoint
  std::uint64_t install_crashes = 0;     // of them within a snapshot install
  std::uint64_t amnesias = 0;            // power failures that may have taken acknowledged writes
  std::uint64_t torn_disk_actions = 0;   // of them in the middle of a disk action
  std::uint64_t stops = 0;               // of a process, in good order
  std::uint64_t disk_deaths = 0;         // of a process, because its disk failed
  std::uint64_t operations = 0;          // of clients, with a known outcome
  std::uint64_t unknown = 0;             // of clients, without
  std::uint64_t refused = 0;             // of clients, that never happened
  std::uint64_t transactions = 0, lost_watches = 0, redirects = 0, in_doubt = 0;
  std::uint64_t membership_changes = 0;                 // chosen
  std::uint64_t demotions = 0;                          // of them: a voter is a learner now
  std::uint64_t read_replicas = 0;                      // level at the end, and never voters
  std::uint64_t meets = 0, forgets = 0, failovers = 0;  // that were answered with OK
  std::uint64_t digests = 0;                            // compared
  std::uint64_t leased_turns = 0;                       // of services that could read by a lease
  std::uint64_t follower_reads = 0;                     // linearizable ones asked of any node
  std::uint64_t stale_reads = 0;                        // of connections that said READONLY
  std::uint64_t plain = 0;                              // operations by plain doors
  std::uint64_t cached_reads = 0, invalidated = 0;      // of clients that track; keys they forgot
  std::uint64_t scans = 0;                              // carried to their end
  std::uint64_t mixed = 0;                              // commands of any family
  std::uint64_t queued = 0, served = 0;    // tokens pushed; given to clients, some of which waited
  std::uint64_t published = 0, heard = 0;  // messages, by all listeners
  std::uint64_t undecided = 0;             // histories of keys that were too large to judge
  std::uint64_t virtual_ms = 0;
  std::map<std::string, std::uint64_t> faults;  // by kind

  void add(const Counters& other);
  // name value pairs, one a line; read() takes them back.
  [[nodiscard]] std::string text() const;
  void read(const std::string& name, std::uint64_t value);
};

}  // namespace sim
