// One run of a node: the service, the consensus machine, the log worker and the state worker,
// wired as in server/, but in one thread and in an order and at times that the seed draws. It ends
// by kill() (what the workers wrote stays), by a power failure, by a stop in good order, or because
// its disk failed, which the world asked for.
//
// A disk action takes a while; its effect shows at the end of it. If the process ends meanwhile, a
// part of the effect, all of it or nothing is on the disk, and nobody was told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/consensus/consensus.h"
#include "node/disk/workers.h"
#include "node/service.h"
#include "persistence/segment_log.h"
#include "tests/sim/actor.h"
#include "tests/sim/cluster_checks.h"
#include "tests/sim/dying_files.h"
#include "tests/sim/host.h"
#include "tests/sim/mail.h"
#include "tests/sim/network.h"
#include "tests/sim/trace.h"

namespace sim {

// What processes share.
struct Surroundings {
  Scheduler& scheduler;
  Network& network;
  Trace& trace;
  ClusterChecks& checks;
  const Sizes& sizes;
};

class NodeProcess {
 public:
  NodeProcess(Host& host, Surroundings world, Chance chance);
  ~NodeProcess();

  enum class Part { kConsensus, kService, kLog, kState, kAll };
  void pause(Part part, Time until);
  void begin_stop();
  // CLUSTER FAILOVER as the service asks for it.
  void begin_transfer();
  // The next turn of that machine (consensus or service) reads its clock, and is then held up until
  // `until`: it goes on with what the clock showed and with what had come before that.
  void hold_turn(Part part, Time until);

  // ---- how it ends; the owner destroys it then ----
  // Leaves of what the disk was doing whatever the seed says. `loses_power`: see Host.
  void end(bool loses_power);
  // Set when it wants to end: stopped, or its disk failed, or the armed crash has come.
  // kReborn: it is to be started again at once, as another node.
  enum class Wish { kNone, kStopped, kDied, kReborn };
  [[nodiscard]] Wish wish() const { return wish_; }
  // Crashes when so many more requests of a checkpoint have been carried out.
  void arm_crash_in_checkpoint(std::uint64_t requests) { checkpoint_crash_in_ = requests; }
  // So many more changes of its files succeed; then one fails with EIO, or all from then on do.
  void fail_disk_after(std::uint64_t changes);
  // No crash is armed any more, no disk fails, nothing is paused.
  void recover_from_faults();
  [[nodiscard]] bool is_ending() const { return is_stopping_ || wish_ != Wish::kNone; }

  [[nodiscard]] const raft::Raft* raft() const { return consensus_->group(base::kFirstGroup); }
  [[nodiscard]] bool is_leader() const;
  [[nodiscard]] base::LogIndex applied() const { return service_->applied(); }
  [[nodiscard]] std::uint64_t digest() const { return service_->state_digest(); }

 private:
  class PeerParty;
  class ClientParty;
  friend class PeerParty;
  friend class ClientParty;

  // A turn that stands still between the look at the clock and everything else.
  struct HeldTurn {
    Time until = 0;  // of the next turn, 0: it is not to be held
    std::optional<base::Clocks> clocks;
    std::uint64_t leader_term = 0;              // the highest with a leader when the clock was read
    std::vector<std::function<void()>> missed;  // what came meanwhile
  };
  // False: the turn begins now; the clock that it has is left in `turn`.
  bool holds(HeldTurn& turn, Actor& actor);
  void end_turn(HeldTurn& turn);
  // True if `event` is to be told when the turn is over.
  static bool misses(HeldTurn& turn, std::function<void()> event);

  void open_storage();
  [[nodiscard]] std::optional<raft::SnapshotMeta> recover(node::ConsensusOptions& options);
  void take_identity(const node::ConsensusOutput& out);
  [[nodiscard]] node::ConsensusOptions consensus_options();
  [[nodiscard]] node::ServiceOptions service_options(
      const std::optional<raft::SnapshotMeta>& checkpoint);

  // ---- consensus and service: node_process.cpp ----
  void turn_consensus();
  void carry_out(node::ConsensusOutput& out);
  void check_append(const node::ToLog& request);
  void check_role(const node::Leadership& leadership);
  void turn_service();
  void carry_out(node::ServiceOutput& out);
  void wake_soon(Actor& actor) {
    actor.wake(scheduler().now() + chance_.between(5, host_.turn_delay_most));
  }
  void say(const std::vector<node::LogLine>& lines);

  // ---- log and state: node_process_disk.cpp ----
  void run_log();
  void begin_log();
  void finish_log();
  void idle_log();
  void answer(base::Result<std::vector<node::FromLog>> answers);
  void run_state();
  void begin_state();
  void finish_state();
  void answer(base::Result<std::vector<node::StateReply>> answers);
  void count_towards_crash();
  void leave_half_done();
  // True if the disk failed, as it had been told to: the process comes to its end.
  bool dies_of(const base::Error& error);

  [[nodiscard]] Scheduler& scheduler() { return world_.scheduler; }
  [[nodiscard]] base::Clocks clocks() { return host_.clock.read(world_.scheduler.now()); }

  Host& host_;
  base::NodeId id_;  // in this life
  Surroundings world_;
  Chance chance_;
  Wish wish_ = Wish::kNone;
  std::uint64_t checkpoint_crash_in_ = 0;
  HeldTurn consensus_turn_, service_turn_;
  bool is_stopping_ = false, may_disk_fail_ = false, begins_new_life_ = false;
  Time stop_deadline_ = 0;

  DyingFiles files_;
  std::unique_ptr<persistence::SegmentLog> log_;
  std::unique_ptr<node::LogWorker> log_worker_;
  std::unique_ptr<node::StateWorker> state_worker_;
  std::unique_ptr<node::Consensus> consensus_;
  std::unique_ptr<node::Service> service_;
  std::unique_ptr<PeerParty> peers_;
  std::unique_ptr<ClientParty> clients_;

  Mail<node::ToConsensus> service_to_consensus_;
  Mail<node::FromLog> log_to_consensus_;
  Mail<node::FromState> state_to_consensus_;
  Mail<node::FromConsensus> consensus_to_service_;
  Mail<node::FromState> state_to_service_;
  std::vector<node::ToLog> to_log_, log_doing_;
  std::deque<node::ToState> to_state_;
  std::optional<node::ToState> state_doing_;
  bool is_log_busy_ = false, is_state_busy_ = false, is_log_marked_ = true;
  Time log_ends_ = 0, state_ends_ = 0, log_mark_due_ = 0, log_retry_due_ = 0, log_sync_due_ = 0;
  base::LogIndex applied_;
  std::map<std::uint64_t, std::uint64_t> reads_;  // asked for: what had been chosen then

  Actor consensus_actor_, service_actor_, log_actor_, state_actor_;
};

}  // namespace sim
