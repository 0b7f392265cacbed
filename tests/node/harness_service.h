// A stand-in for the service machine: applies committed payloads, the last words of batches, to a
// list, answers what the consensus machine asks of a service, takes checkpoints (one row per
// payload) and loads them. It demands that entries come in order without a gap.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "node/messages/messages.h"

namespace node_test {

class ListService {
 public:
  explicit ListService(const std::optional<raft::SnapshotMeta>& checkpoint);

  void receive(node::FromConsensus message);
  void receive(node::FromState message);
  std::uint64_t propose(const std::string& payload);
  std::uint64_t ask_read();
  void transfer(base::NodeId target);
  // CLUSTER MEET and the like; `answers` gets the error, or nothing.
  std::uint64_t request(decltype(node::ClusterRequest::what) what);
  void checkpoint();
  // A stalled one takes no messages from its queue; the harness asks.
  bool is_stalled = false;

  std::vector<node::ToConsensus> to_consensus;
  std::vector<node::ToState> to_state;

  // ---- what it has seen ----
  struct Fate {
    bool is_refused = false;
    raft::RefusalReason reason{};
    base::LogIndex index;
    base::Term term;
  };
  std::map<std::uint64_t, Fate> fates;            // by proposal id
  std::map<std::uint64_t, base::LogIndex> reads;  // granted
  std::vector<std::uint64_t> denied_reads;
  std::vector<std::string> list;  // applied payloads
  base::LogIndex applied;
  node::Leadership leadership;
  raft::Lease lease;
  bool ends_leases = true;  // when told so
  node::ClusterView view;
  std::vector<node::TransferBegun> begun_transfers;
  std::vector<node::TransferDone> transfers;
  std::vector<node::DiskState> disk_states;
  std::map<std::uint64_t, std::string> answers;
  std::vector<node::Progress> progress;
  std::string outside;            // of any cluster: why
  std::vector<std::string> uses;  // told by others
  std::vector<node::AppliedTold> reports;
  std::vector<std::string> pubsub;  // told by others
  std::vector<base::NodeId> linked;
  std::vector<node::PubsubLost> lost;
  std::vector<node::BatchForwarded> forwarded;
  std::vector<node::ForwardAnswered> forward_answers;
  std::vector<base::LogIndex> caught_up;
  raft::Membership membership;
  std::size_t replacements = 0, checkpoints = 0, views = 0;
  std::size_t most_bytes_in_one = 0;  // of a Committed message

 private:
  void on(const node::Leadership& message) { leadership = message; }
  void on(const node::BaseMembership& message) { membership = message.membership; }
  void on(const node::CaughtUp& message) { caught_up.push_back(message.index); }
  void on(const node::BatchProposed& message) {
    fates[message.id] = {false, {}, message.index, message.term};
  }
  void on(const node::BatchRefused& message) {
    fates[message.id] = {true, message.reason, {}, {}};
    refusals_heard_ = std::max(refusals_heard_, message.refusals);
  }
  void on(const node::Committed& message);
  void on(const node::ReadReady& message) { reads[message.id] = message.index; }
  void on(const node::ReadDenied& message) { denied_reads.push_back(message.id); }
  void on(const node::Lease& message) {
    lease = message.lease;
    if (lease.until == base::Instant{} && ends_leases)
      to_consensus.emplace_back(node::LeaseEnded{message.group, lease.number});
  }
  void on(const node::StateReplaced& message);
  void on(const node::TransferBegun& message) { begun_transfers.push_back(message); }
  void on(const node::TransferDone& message) { transfers.push_back(message); }
  void on(const node::ClusterView& message) { view = message, ++views; }
  void on(const node::DiskState& message) { disk_states.push_back(message); }
  void on(const node::AreYouThere& message) {
    to_consensus.emplace_back(node::HereIAm{base::kFirstGroup, message.number});
  }
  void on(const node::UsesTold& message) { uses.push_back(message.uses); }
  void on(const node::AppliedTold& message) { reports.push_back(message); }
  void on(const node::PubsubTold& message) { pubsub.push_back(message.body); }
  void on(const node::PubsubLinked& message) { linked.push_back(message.peer); }
  void on(const node::PubsubLost& message) { lost.push_back(message); }
  void on(const node::ClusterRequestDone& message) { answers[message.id] = message.error; }
  void on(const node::Progress& message) { progress.push_back(message); }
  void on(const node::LeftCluster& message) { outside = message.why; }
  void on(const node::BatchForwarded& message) { forwarded.push_back(message); }
  void on(const node::ForwardAnswered& message) { forward_answers.push_back(message); }
  void begin_loading(const raft::SnapshotMeta& meta);
  void apply(const raft::Entry& entry);

  std::uint64_t next_id_ = 1;
  std::uint64_t refusals_heard_ = 0;
  base::Term applied_term_;
  bool is_loading_ = false;
  std::vector<raft::EntryPtr> held_;  // came while loading
};

}  // namespace node_test
