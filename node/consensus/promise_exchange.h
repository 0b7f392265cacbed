// The promises of members (promises.h): this node's own are said to the other members, theirs are
// remembered on the disk, and a node that is shown to have come back with an older copy of its
// directory says nothing more under its id (DESIGN decision 14). Thread: consensus.
#pragma once

#include <string>

#include "node/consensus/group.h"
#include "node/consensus/outgoing.h"
#include "node/peers/links.h"

namespace node {

class PromiseExchange {
 public:
  // `found`: in this directory, at the start. `remembered`: of the members, as
  // persistence::LogStorage kept it.
  PromiseExchange(NodeId self, const Holding& found, const std::string& remembered,
                  PeerLinks& links, Outgoing& outgoing);

  // A member that has just connected may know less.
  void on_connected() { must_tell_ = true; }
  void on_promised(NodeId from, const Promise& promise);
  // False: what this directory held at the start keeps that promise.
  [[nodiscard]] bool is_old_copy(const OldCopyTold& event);
  // At the end of a turn: what is due is said and remembered.
  void finish_turn(base::Instant now, const Group& group, ConsensusOutput& out);

 private:
  void tell(base::Instant now, const Group& group, ConsensusOutput& out);
  void remember(base::Instant now, ConsensusOutput& out);

  NodeId self_;
  Holding found_;
  PeerLinks& links_;
  Outgoing& outgoing_;
  Promise told_;
  bool must_tell_ = false;
  base::Instant tell_due_{}, remembered_{};
};

}  // namespace node
