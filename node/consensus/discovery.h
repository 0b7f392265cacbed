// What an unborn node has learned of the others (DESIGN decision 12): who answers at each address
// of its raft-peers, and what each peer says of itself. Birth draws the conclusions.
//
// Invariant: all that is known of a peer is of its latest run, and of one run the latest status
// counts, in whatever order its links bring them. Values; thread: consensus.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/consensus/meeting_messages.h"
#include "node/peers/hello.h"

namespace node {

class Discovery {
 public:
  // This node, its run and the addresses of raft-peers.
  Discovery(NodeId self, std::uint64_t epoch, const std::vector<std::string>& addresses);

  // ---- what is told ----
  // A node answers at an address of raft-peers (maybe this node itself), or does no longer.
  void on_answer(const std::string& address, const Hello& hello);
  void on_lost(const std::string& address);
  // A node of a cluster that does not know this one answers there.
  void on_taken(const std::string& address, std::uint64_t proof);
  // A peer of any link: its handshake, a later status, the cluster that it has accepted.
  void on_hello(const Hello& hello);
  void on_status(NodeId from, const BirthStatus& status);
  void on_founded(NodeId from, base::ClusterId cluster);
  void on_disconnected(NodeId peer);

  // ---- what is known ----
  [[nodiscard]] bool has_addresses() const { return !addresses_.empty(); }
  // Who answers at the addresses; without a version.
  [[nodiscard]] BirthStatus seen() const;
  // Every address has its own node, all of them are connected, have no cluster and see the same.
  [[nodiscard]] bool do_all_agree() const;
  // Why the list of addresses cannot be right; nullopt: it may be.
  [[nodiscard]] std::optional<std::string> fault_of_list() const;
  // The nodes at the addresses, each of which must have an answer; ordered by id.
  [[nodiscard]] std::vector<raft::Member> founders() const;
  [[nodiscard]] bool have_all_accepted(const raft::Membership& membership) const;
  // It is connected and has accepted no cluster.
  [[nodiscard]] bool lacks_cluster(NodeId peer) const;
  // Why a node that waits for `awaited` (or for none in particular) must not join the cluster that
  // invites it; nullopt: it may.
  [[nodiscard]] std::optional<std::string> objection_to(const Invitation& invitation,
                                                        base::ClusterId awaited) const;
  // In words, separated by commas; empty: nothing is missing.
  [[nodiscard]] std::string missing_answers() const;
  [[nodiscard]] std::string missing_acceptances(const raft::Membership& membership) const;

  // ---- whom to tell of this node ----
  // There is something new to tell all of them.
  void owe_all();
  // The connected peers that have not been told the newest; from now on they have.
  [[nodiscard]] std::vector<NodeId> take_owed();

 private:
  struct Address {
    std::string text;
    std::optional<Hello> answer;  // while a link stands
    bool is_taken = false;        // by a node of a cluster, of which this node is no member
    std::uint64_t proof = 0;      // of which one: cluster_proof()
  };
  struct Peer {
    std::uint64_t epoch = 0;
    base::ClusterId cluster;
    BirthStatus status;
    bool is_connected = false;
    bool must_be_told = false;  // this node's status, or its acceptance
  };

  [[nodiscard]] const Peer* find(NodeId id) const;
  [[nodiscard]] bool is_self(const Hello& hello) const;
  [[nodiscard]] bool does_agree(const Address& address, const BirthStatus& own) const;
  [[nodiscard]] bool has_accepted(const raft::Member& member, base::ClusterId cluster) const;
  [[nodiscard]] std::string missing_at(const Address& address, const BirthStatus& own) const;

  NodeId self_;
  std::uint64_t epoch_;
  std::vector<Address> addresses_;
  std::map<NodeId, Peer> peers_;
};

}  // namespace node
