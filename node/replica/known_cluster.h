// The cluster as this node shows it. Consensus tells a view some times a second; what this room
// learns in between is kept in it too. Invariant: its positions never go back, so that INFO never
// shows one behind what was answered.
#pragma once

#include "node/messages/messages.h"

namespace node {

class KnownCluster {
 public:
  [[nodiscard]] const ClusterView& view() const { return view_; }
  // The node with that id, if clients can be sent to it; else nullptr.
  [[nodiscard]] const PeerView* reachable(NodeId id) const;

  // `leader`: of the term in force, if it is known.
  void adopt(ClusterView&& told, NodeId leader);
  void on_proposed(LogIndex index);
  void on_committed(LogIndex commit);
  void on_checkpoint(LogIndex index);
  void on_installed() { ++view_.snapshots_installed; }  // the view that says so comes later
  void on_leader(NodeId leader);
  void on_left() { view_.is_born = false; }
  // What WAIT counts is what consensus knew when it was asked, or knows since.
  void on_progress(const Progress& progress);

 private:
  ClusterView view_;
};

}  // namespace node
