// What goes into the consensus core and what comes out of it for changes of the membership
// (membership.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "raft/types.h"

namespace raft {

// Changes of the membership, one member at a time (thesis 4.1). A leader promotes a learner that is
// level by itself (Options::promotes_learners).
struct AddLearner {
  NodeId id;
  std::string address;
};
struct PromoteLearner {
  NodeId id;
};
// A voter becomes a learner: it has said that it wishes to vote no more (PeerWish). The leader does
// so by itself when a majority of the voters that are left is heard. Of itself no leader can.
struct DemoteVoter {
  NodeId id;
};
// A leader that is to remove itself hands over first when it can: then the answer is
// kLeadershipLost, and the next leader is to be asked. Else it goes when the change is committed.
struct RemoveMember {
  NodeId id;
};
// `old` goes and `id` comes as a learner at its address, in one step: the voters change by one at
// most.
struct ReplaceMember {
  NodeId old, id;
};
struct SetAddress {
  NodeId id;
  std::string address;
};
using MembershipChange =
    std::variant<AddLearner, PromoteLearner, DemoteVoter, RemoveMember, SetAddress, ReplaceMember>;
// Answered by one Changed in Output.changed, when it is refused or committed or its fate is not
// known here any more.
struct ChangeMembership {
  std::uint64_t id = 0;
  MembershipChange change;
};

enum class ChangeRefusal : std::uint8_t {
  kNotLeader,
  kTransferring,
  kTermNotOpen,  // no entry of the leader's own term is committed yet
  kUnderWay,     // another change is not committed yet
  kUnknownMember,
  kKnownMember,   // with another address
  kAddressTaken,  // by a member that is heard: it has moved, or has just gone
  kNotLearner,
  kNotVoter,
  kLeads,       // it is to hand over first
  kUnwilling,   // to vote
  kNotLevel,    // or its being a learner is not applied here yet
  kLastVoter,   // nobody would be left
  kNoMajority,  // of the voters that would be left is heard: nothing could be committed
  kLeadershipLost,
};
// `refusal` none: the change is committed, or was made already.
struct Changed {
  std::uint64_t id = 0;
  std::optional<ChangeRefusal> refusal;
};

}  // namespace raft
