// What this node knows of the nodes that were its peers in this run, connected or not. Ids are
// never used twice, and a node has met few: nobody is forgotten. Values; thread: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "node/peers/hello.h"

namespace node {

struct PeerInfo {
  bool is_connected = false, wants_vote = true;
  std::uint64_t epoch = 0;
  Announcement announcement;
  std::string remote_address;
  std::optional<base::Instant> heard, lost;
};

class KnownPeers {
 public:
  void begin(base::Instant now) { began_ = now; }  // the first turn
  // A link to it is established, from or to that address.
  void on_connected(const Hello& hello, const std::string& address, base::Instant now);
  // Its last link has ended.
  void on_lost(NodeId peer, base::Instant now);
  void on_announced(NodeId peer, const Announcement& announcement);

  [[nodiscard]] PeerInfo info(NodeId peer) const;
  // The run of its process that was heard last; 0: none in this run.
  [[nodiscard]] std::uint64_t epoch_of(NodeId peer) const;
  // Since when a node that is not connected has been missed: one that was never met since the first
  // turn.
  [[nodiscard]] base::Instant missed_since(NodeId peer) const;

 private:
  base::Instant began_{};
  std::map<NodeId, PeerInfo> known_;
};

}  // namespace node
