// Links that are no peer links: visits, by which CLUSTER MEET brings two nodes together. Invariant:
// a visit that began ends by a VisitEnded, and says nothing after it. Thread: consensus.
#pragma once

#include <string>

#include "node/peers/link_output.h"
#include "node/peers/link_table.h"
#include "node/peers/own_hello.h"

namespace node {

class Visits {
 public:
  // All of them outlive this.
  Visits(LinkTable& links, const PeerMembership& membership, const OwnHello& own_hello,
         LinkOutput& output)
      : links_(links), membership_(membership), own_hello_(own_hello), output_(output) {}

  // A visit of this node's own: VisitBegun or VisitEnded follows, and what the other end says.
  [[nodiscard]] LinkId begin(const std::string& address) { return links_.dial_visit(address); }
  // Dropped if the visit is over.
  void say(LinkId visit, WireKind kind, std::string body);
  // After what was said has left. `why` empty: no line.
  void end(LinkId visit, const std::string& why);

  // ---- what the other end says ----
  void on_hello(PeerLink& link, const Hello& hello);
  void on_message(const PeerLink& link, WireMessage& message);

 private:
  LinkTable& links_;
  const PeerMembership& membership_;
  const OwnHello& own_hello_;
  LinkOutput& output_;
};

}  // namespace node
