// What each message does to a replica. One function a kind; what is for others does nothing here.
#pragma once

#include "node/replica/replica.h"

namespace node {

class Replica::Mail {
 public:
  explicit Mail(Replica& replica) : replica_(replica) {}

  void operator()(const Leadership& message);
  void operator()(const BaseMembership& message);
  void operator()(const CaughtUp& message) { replica_.ground_.quiet_until = message.index; }
  void operator()(const BatchProposed& message);
  void operator()(BatchRefused& message) {
    replica_.proposals_.batcher().on_refusals(message.refusals);
    replica_.guests_.on(message);
    replica_.tenure_.on(message);
  }
  void operator()(BatchForwarded& message) { replica_.guests_.on(message); }
  void operator()(const ForwardAnswered& message) { replica_.proposals_.forwarder().on(message); }
  void operator()(const PubsubLinked& message) {
    replica_.proposals_.forwarder().on_linked(message.peer);
  }
  void operator()(Committed& message);
  void operator()(const ReadReady& message);
  void operator()(const ReadDenied& message) { replica_.proposals_.evidence().on(message); }
  void operator()(const Lease& message);
  void operator()(const StateReplaced& message);
  void operator()(const TransferBegun&) {}  // for clients
  void operator()(const TransferDone& message);
  void operator()(const LeftCluster& message);
  void operator()(const Progress& message) { replica_.cluster_.on_progress(message); }
  void operator()(ClusterView& message);
  void operator()(const DiskState& message);
  void operator()(const UsesTold& message);
  void operator()(const AppliedTold& message) { replica_.members_.on(message); }
  void operator()(const RowsWritten& message) { replica_.checkpoints_.on(message); }
  void operator()(const CheckpointDone& message);
  void operator()(const CheckpointFailed& message) { replica_.checkpoints_.on(message); }
  void operator()(LoadedPage& message) { replica_.loading_.on(message); }
  template <class Other>
  void operator()(const Other&) {}

 private:
  Replica& replica_;
};

}  // namespace node
