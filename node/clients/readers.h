// XREAD BLOCK: it takes nothing away, so it waits on its node alone and looks again when one of its
// streams was changed. Invariant: each blocked reader's streams are watched in the engine that
// serves, and one with a deadline stands in `deadlines_`, from its blocking until it is forgotten.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "node/clients/desk.h"

namespace node {

class Readers {
 public:
  explicit Readers(Desk& desk) : desk_(desk), replica_(desk.replica) {}

  // After a read was evaluated: true if it is XREAD BLOCK with nothing to give, which waits on.
  [[nodiscard]] bool waits_on(Session& session, Operation& operation, std::string_view reply);
  // A leader in doubt waits with it.
  [[nodiscard]] bool may_look(const Operation& operation) const;
  void forget(const Session& session);
  // With another engine, whose watches are none yet.
  void watch_anew();

  // ---- looking again: whoever may find something, one after the other ----
  void begin_look();
  [[nodiscard]] std::optional<base::ConnectionId> next();
  void postpone(base::ConnectionId reader) { to_look_.insert(reader); }
  void end_look();
  [[nodiscard]] bool is_looking() const { return is_looking_; }
  // Whose time is up by this node's clock.
  [[nodiscard]] std::optional<base::ConnectionId> take_late();

 private:
  void watch(const Session& session);

  Desk& desk_;
  Replica& replica_;
  std::set<base::ConnectionId> to_look_;  // may find something
  std::set<base::ConnectionId> looking_;  // of those, the ones that are about to
  std::set<std::pair<base::Instant, base::ConnectionId>> deadlines_;
  bool is_looking_ = false;
};

}  // namespace node
