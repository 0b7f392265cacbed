// What two nodes say to each other on a visit (docs/decisions/membership.md), and its wire form
// (docs/formats.md, "Peer links"). Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace node {

// "Join this cluster."
struct Invitation {
  base::ClusterId cluster;
  std::vector<std::string> addresses;  // of its members, to be dialled later
};
enum class InvitationAnswer : std::uint8_t {
  kAccepted = 0,   // as `id`
  kHoldsData = 1,  // of a cluster of its own
  kInCluster = 2,  // of several nodes
  kUnwilling = 3,  // not started for it
  kBusy = 4,
  kAlreadyIn = 5,
  kWaits = 6,  // for the nodes of its raft-peers, which are not of this cluster
};
struct InvitationAnswered {
  InvitationAnswer answer = InvitationAnswer::kAccepted;
  base::NodeId id;        // of kAccepted: who it will be
  std::string seen_host;  // where it sees the other end
  std::string text;       // why not, as a reply says it, without "ERR "
};

[[nodiscard]] std::string encode_invitation(const Invitation& invitation);
[[nodiscard]] std::optional<Invitation> decode_invitation(std::string_view bytes);
[[nodiscard]] std::string encode_invitation_answer(const InvitationAnswered& answer);
[[nodiscard]] std::optional<InvitationAnswered> decode_invitation_answer(std::string_view bytes);

// The payload of a dissolve entry (raft::EntryKind::kDissolve): who this node will be, and whose.
struct Dissolution {
  base::NodeId id;
  Invitation invitation;
};
[[nodiscard]] std::string encode_dissolution(const Dissolution& dissolution);
[[nodiscard]] std::optional<Dissolution> decode_dissolution(std::string_view bytes);

}  // namespace node
