#include "node/clients/session_table.h"

#include "base/check.h"

namespace node {

Session& SessionTable::add(base::ConnectionId id, ConnectInfo info, base::Instant now) {
  auto [place, is_new] = sessions_.emplace(id, std::make_unique<Session>(id, std::move(info), now));
  CHECK(is_new);
  ++live_;
  return *place->second;
}

Session* SessionTable::find(base::ConnectionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() || found->second->is_gone ? nullptr : found->second.get();
}

void SessionTable::remove(Session& session) {
  CHECK(!session.is_gone);
  session.is_gone = true;
  --live_;
  session.operations.clear();
  settle(session);
}

void SessionTable::settle(Session& session) {
  if (session.is_gone && session.elements_under_way == 0) sessions_.erase(session.id);
}

}  // namespace node
