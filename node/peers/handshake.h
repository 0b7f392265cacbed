// The greeting of a peer link: a hello in both directions, after which the other end is a peer, a
// visitor, this node itself, or refused. Invariant: two live links with one id and different epochs
// are two processes with one identity; the second is refused by name while the first is alive.
// Thread: consensus.
#pragma once

#include <optional>
#include <string>

#include "node/peers/dial_plan.h"
#include "node/peers/dismissals.h"
#include "node/peers/known_peers.h"
#include "node/peers/link_output.h"
#include "node/peers/link_table.h"
#include "node/peers/own_hello.h"
#include "node/peers/visits.h"

namespace node {

class Handshake {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    LinkTable& links;
    const PeerMembership& membership;
    DialPlan& plan;
    KnownPeers& known;
    const Promises& promises;
    const OwnHello& own_hello;
    LinkOutput& output;
    Visits& visits;
    Dismissals& dismissals;
  };
  explicit Handshake(const Parts& parts);

  // The link is up: whoever has dialled speaks first.
  void begin(PeerLink& link);
  void on_hello(PeerLink& link, const Hello& hello);

 private:
  void make_room_for_strangers();
  void greet_self(PeerLink& link, const Hello& hello);
  [[nodiscard]] std::optional<std::string> objection(const PeerLink& link, const Hello& hello);
  void note_stranger(const PeerLink& link, const Hello& hello);
  [[nodiscard]] bool is_claimed_elsewhere(const PeerLink& link, const Hello& hello);
  void refuse_outsider(PeerLink& link, const Hello& hello);
  void answer(PeerLink& link);
  void establish(PeerLink& link, const Hello& hello);

  LinkTable& links_;
  const PeerMembership& membership_;
  DialPlan& plan_;
  KnownPeers& known_;
  const Promises& promises_;
  const OwnHello& own_hello_;
  LinkOutput& output_;
  Visits& visits_;
  Dismissals& dismissals_;
};

// Said on both sides, so it speaks of neither as "this node".
[[nodiscard]] std::string no_peers(base::ClusterId one, base::ClusterId other);

}  // namespace node
