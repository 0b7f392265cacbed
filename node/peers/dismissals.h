// Who is no peer any more, and is told why before its link is closed: a member that was removed,
// and a member that comes back with an older copy of its directory (docs/decisions/membership.md,
// docs/decisions/old-copies.md). Told the same of itself, this node tells the machine around it,
// and believes only what its membership lets it believe. Thread: consensus.
#pragma once

#include <optional>

#include "node/peers/link_output.h"
#include "node/peers/link_table.h"

namespace node {

class Dismissals {
 public:
  // All of them outlive this.
  Dismissals(LinkTable& links, PeerMembership& membership, LinkOutput& output)
      : links_(links), membership_(membership), output_(output) {}

  // Whoever is no member any more is told so, on links that stand too. `own_version`: see
  // Hello::version.
  void on_committed(const raft::Membership& membership, std::optional<LogIndex> own_version);
  // This node is no peer of anybody: it takes visits only.
  void leave();

  // ---- to the other end; its link is gone afterwards ----
  void tell_removal(PeerLink& link);
  void tell_old_copy(PeerLink& link, const Hello& hello, const Promise& promise);

  // ---- from it, likewise ----
  void on_removal(const PeerLink& link, const WireMessage& message);
  void on_old_copy(const PeerLink& link, const WireMessage& message);

 private:
  LinkTable& links_;
  PeerMembership& membership_;
  LinkOutput& output_;
};

}  // namespace node
