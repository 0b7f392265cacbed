// The consensus machine of a node: birth (DESIGN decision 12), its raft groups, the peer links'
// protocol (decision 16), and the hand-over of committed entries to the service within a bounded
// window. Bytes, messages and the time go in; bytes, messages and the next deadline come out. It
// never waits for the engine or the disk. Thread: consensus.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "node/consensus/service_watch.h"
#include "node/messages/consensus_output.h"
#include "node/messages/messages.h"
#include "raft/raft.h"

namespace node {

struct ConsensusOptions {
  NodeId self;
  std::uint64_t epoch = 0;  // random, new at each start of the process
  std::uint64_t seed = 0;
  std::vector<std::string> raft_peers;  // HOST:PORT, as configured; empty: a cluster of one
  Announcement announcement;
  base::Duration election_timeout_min = base::milliseconds(250);
  base::Duration heartbeat_interval = base::milliseconds(50);
  bool uses_leases = false;  // read-mode lease
  bool wants_vote = true;    // raft-voter
  std::int64_t clock_drift_percent_max = 5;
  base::Duration service_timeout = base::milliseconds(30'000);  // see service_watch.h
  // Smaller in the simulator, so that its short histories meet what long ones meet.
  std::size_t append_bytes_max = base::limits::kAppendBytesMax;
  std::size_t inflight_appends_max = base::limits::kInflightAppendsMax;
  std::size_t cache_bytes_max = base::limits::kLogCacheBytesMax;
  std::uint64_t catch_up_bytes_max = base::limits::kCatchUpLogBytesDefault;
  // What recover() made of the directory; membership empty: not born yet.
  raft::Restored restored;
  // What the directory says of itself: whether it was removed, whom it is to join.
  persistence::Identity identity;
  bool is_cluster_enabled = false;
  std::string promises;  // of the members, as persistence::LogStorage remembered them
};

class Consensus {
 public:
  explicit Consensus(ConsensusOptions options);
  ~Consensus();

  void on_link_up(LinkId link, std::string_view remote_address);  // dialled or accepted
  void on_link_bytes(LinkId link, std::string_view bytes);
  void on_link_down(LinkId link, std::string_view reason);   // also a failed dial
  void on_link_sent(LinkId link, std::size_t unsent_bytes);  // what the driver still holds for it
  void receive(ToConsensus message);
  void receive(FromLog message);
  void receive(FromState message);
  // For the log: what the service is seen at. Before each turn.
  void on_service_activity(const ServiceActivity& activity);

  // Ends the turn: everything given since the last one takes effect at `clocks.now`.
  [[nodiscard]] ConsensusOutput turn(const base::Clocks& clocks);

  // After the output of a turn is carried out: a link that took all its bytes at once
  // (on_link_sent) has more to send, so the next turn is due now, whatever next_deadline said.
  [[nodiscard]] bool has_more_to_send() const;

  // For the simulator's checks only.
  [[nodiscard]] const raft::Raft* group(GroupId group) const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

// Fits log and checkpoint together at start (DESIGN 18: "at start the log is made to fit the
// state"). `repairs` are log writes to make before serving. Cause::kCorrupt when they cannot belong
// together.
struct Recovered {
  raft::Restored restored;
  std::vector<persistence::LogWrite> repairs;
};
[[nodiscard]] base::Result<Recovered> recover(GroupId group, const persistence::LogContents& log,
                                              const std::optional<raft::SnapshotMeta>& checkpoint);

}  // namespace node
