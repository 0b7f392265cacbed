#include "node/clients/commands/member_fields.h"

#include "node/messages/node_name.h"

namespace node {
namespace {

std::string names_of(const ClusterView& view, bool are_voters) {
  std::string names;
  for (const PeerView& peer : view.peers) {
    if (peer.is_voter == are_voters) names += (names.empty() ? "" : ",") + node_name(peer.id);
  }
  return names;
}

std::string text_of(const PeerView& peer) {
  const auto flag = [](bool is_set) { return is_set ? "1" : "0"; };
  return "id=" + node_name(peer.id) + ",host=" + peer.host +
         ",port=" + std::to_string(peer.client_port) +
         ",raft_port=" + std::to_string(peer.raft_port) + ",voter=" + flag(peer.is_voter) +
         ",connected=" + flag(peer.is_connected) + ",match=" + std::to_string(peer.match.value()) +
         ",lag=" + std::to_string(peer.lag_entries.value()) +
         ",heard_ms_ago=" + std::to_string(peer.heard_ms_ago) +
         ",lag_bytes=" + std::to_string(peer.lag_bytes) + ",wants_vote=" + flag(peer.wants_vote);
}

}  // namespace

std::string_view role_name(raft::Role role) {
  switch (role) {
    case raft::Role::kFollower: return "follower";
    case raft::Role::kPreCandidate: return "pre-candidate";
    case raft::Role::kCandidate: return "candidate";
    case raft::Role::kLeader: return "leader";
    case raft::Role::kLearner: return "learner";
  }
  return "unknown";
}

std::string member_fields(const ClusterView& view, std::string_view prefix) {
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += std::string(prefix) + name + ":" + value + "\r\n";
  };
  line("voters", names_of(view, true));
  line("learners", names_of(view, false));
  line("change_in_flight", view.change.empty() ? "none" : view.change);
  std::size_t number = 0;
  for (const PeerView& peer : view.peers) {
    if (!peer.is_self) line("peer" + std::to_string(number++), text_of(peer));
  }
  return text;
}

}  // namespace node
