// What the chapters of the consensus machine have for the outside, besides what they say to peers,
// gathered until the turn hands it out. Invariants: messages to the service leave in the order in
// which they came about; lines come behind those that the groups write in the same turn; an
// identity leaves in the turn that has decided it. Values; thread: consensus.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/messages/consensus_output.h"

namespace node {

class Outgoing {
 public:
  void tell(FromConsensus message) { to_service_.push_back(std::move(message)); }
  // Of ClusterRequest `request`; `error` empty: done.
  void answer(std::uint64_t request, std::string error);
  void say(LogLevel level, std::string text) { lines_.push_back({level, std::move(text)}); }
  // ConsensusOutput says what these are.
  void set_identity(persistence::Identity identity) { identity_ = std::move(identity); }
  void set_old_copy(std::string detail) { old_copy_ = std::move(detail); }
  void restart() { must_restart_ = true; }
  // What has happened has consequences that only the next turn draws: it is due at once.
  void turn_again() { must_turn_again_ = true; }

  void hand_out_messages(ConsensusOutput& out);
  void hand_out(base::Instant now, ConsensusOutput& out);

 private:
  std::vector<FromConsensus> to_service_;
  std::vector<LogLine> lines_;
  std::optional<persistence::Identity> identity_;
  std::optional<std::string> old_copy_;
  bool must_restart_ = false, must_turn_again_ = false;
};

}  // namespace node
