// The handshake and birth messages of a peer link and their wire form (docs/formats.md, "Peer
// links"). Values. A decoder refuses anything that is not exactly what an encoder makes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/messages/link_bytes.h"
#include "node/messages/messages.h"
#include "node/messages/names.h"
#include "node/peers/promises.h"

namespace node {

// Whom an unborn node sees: itself and the nodes that answer at the addresses of its raft-peers.
struct BirthStatus {
  std::uint64_t version =
      0;  // counts up in one run of a process: several links may bring them out of order
  bool is_complete = false;  // every address of its list is answered, one of them by itself
  std::vector<NodeId> met;   // ascending
  [[nodiscard]] bool agrees_with(const BirthStatus& other) const {
    return is_complete == other.is_complete && met == other.met;
  }
};

// The first message in both directions; the dialler speaks first.
struct Hello {
  NodeId id;
  std::uint64_t epoch = 0;  // of this run of its process
  base::ClusterId cluster;  // none: not born
  Announcement announcement;
  BirthStatus birth;
  bool is_visit = false;  // not as a peer: CLUSTER MEET
  // Of the newest committed membership that it knows and is a member of.
  std::optional<LogIndex> version = {};
  Holding holding = {};
  bool wants_vote = true;  // raft-voter
};

// "You are no member any more": a committed membership of this version is without you.
struct Removal {
  base::ClusterId cluster;
  LogIndex version;
};

[[nodiscard]] std::string encode_hello(const Hello& hello);
[[nodiscard]] std::optional<Hello> decode_hello(std::string_view bytes);
[[nodiscard]] std::string encode_announcement(const Announcement& announcement);
[[nodiscard]] std::optional<Announcement> decode_announcement(std::string_view bytes);
[[nodiscard]] std::string encode_removal(const Removal& removal);
[[nodiscard]] std::optional<Removal> decode_removal(std::string_view bytes);
[[nodiscard]] std::string encode_birth_status(const BirthStatus& status);
[[nodiscard]] std::optional<BirthStatus> decode_birth_status(std::string_view bytes);
[[nodiscard]] std::string encode_cluster_id(base::ClusterId cluster);
[[nodiscard]] std::optional<base::ClusterId> decode_cluster_id(std::string_view bytes);

// By which a node that knows a cluster can tell that it is meant, and a stranger learns no id: a
// keyed hash of whom it is told, under the cluster's id. Never 0.
[[nodiscard]] std::uint64_t cluster_proof(base::ClusterId cluster, NodeId told);
[[nodiscard]] std::string encode_proof(std::uint64_t proof);
// 0: none.
[[nodiscard]] std::uint64_t decode_proof(std::string_view bytes);

}  // namespace node
