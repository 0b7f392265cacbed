// The connections of a node, ordered by id. Sessions that have gone but are named by a batch stay
// hidden until it is settled.
#pragma once

#include <map>
#include <memory>

#include "node/clients/session.h"

namespace node {

class SessionTable {
 public:
  Session& add(base::ConnectionId id, ConnectInfo info, base::Instant now);
  // nullptr if unknown or gone.
  [[nodiscard]] Session* find(base::ConnectionId id) const;
  // Forgets it, at once or when no batch names it any more (then `settle` does).
  void remove(Session& session);
  void settle(Session& session);
  [[nodiscard]] std::size_t size() const { return live_; }

  // In the order of ids; `visit(Session&)` must not add or remove sessions.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, session] : sessions_) {
      if (!session->is_gone) visit(*session);
    }
  }

 private:
  std::map<base::ConnectionId, std::unique_ptr<Session>> sessions_;
  std::size_t live_ = 0;
};

}  // namespace node
