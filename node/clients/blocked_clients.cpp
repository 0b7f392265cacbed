#include "node/clients/blocked_clients.h"

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace node {
namespace {

constexpr std::string_view kForced =
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

}  // namespace

bool BlockedClients::waits_in_log(const Session& session) const {
  if (!session.is_blocked() || session.operations.front().kind != OperationKind::kWrite)
    return false;
  return replica_.engine().wait_of(replica_.client(session.id)) == session.operations.front().wait;
}

std::optional<std::uint64_t> BlockedClients::wait_of(base::ConnectionId client) const {
  const Session* session = desk_.sessions.find(client);
  if (session == nullptr || !session->is_blocked()) return {};
  const Operation& operation = session->operations.front();
  if (operation.kind != OperationKind::kWrite) return {};
  return operation.wait;
}

// A reply belongs to one wait: a client whose former wait had been given up here (it was in doubt)
// may be in another by now.
void BlockedClients::on_served(const engine::ServedReply& served) {
  Session* session = desk_.sessions.find(served.client.connection);
  if (session == nullptr || !session->is_blocked()) return;
  const Operation& operation = session->operations.front();
  if (operation.kind == OperationKind::kWrite && operation.wait == served.wait)
    answer(*session, served.bytes);
}

void BlockedClients::answer(Session& session, std::string_view reply) {
  if (!session.is_blocked()) return;
  if (session.operations.front().kind == OperationKind::kRead) readers_.forget(session);
  const bool is_silent = session.operations.front().is_silent;
  notes_.note_served(session, session.operations.front(), reply);
  replies_.append(session, reply, is_silent);
  session.operations.pop();
  answers_.advance(session);
}

void BlockedClients::unblock_all() {
  desk_.sessions.for_each([this](const Session& session) { unblock(session); });
}

void BlockedClients::unblock_unforwarded() {
  desk_.sessions.for_each([this](const Session& session) {
    if (!session.is_forwarded) unblock(session);
  });
}

void BlockedClients::unblock(const Session& session) {
  if (!waits_in_log(session)) return;
  replica_.wait_ends().propose(replica_.client(session.id), engine::UnblockReason::kForced);
}

void BlockedClients::doubt_lost(bool all) {
  std::vector<base::ConnectionId> lost;
  desk_.sessions.for_each([&](const Session& session) {
    const bool is_write =
        session.is_blocked() && session.operations.front().kind == OperationKind::kWrite;
    if (is_write && (all || !waits_in_log(session))) lost.push_back(session.id);
  });
  for (const base::ConnectionId id : lost) {
    Session* session = desk_.sessions.find(id);
    if (session == nullptr) continue;
    session->operations.front().is_blocked = false;
    session->operations.front().fate = WriteFate::kInDoubt;
    answers_.advance(*session);
  }
}

void BlockedClients::unblock(base::ConnectionId connection, bool with_error) {
  Session* session = desk_.sessions.find(connection);
  if (session == nullptr || session->operations.empty()) return;
  const Operation& operation = session->operations.front();
  if (!operation.is_blocked) return;
  if (operation.kind == OperationKind::kWrite) {
    replica_.wait_ends().propose(
        replica_.client(session->id),
        with_error ? engine::UnblockReason::kError : engine::UnblockReason::kTimeout);
    return;
  }
  std::string reply;
  resp::ReplyWriter writer(reply, operation.version);
  with_error ? writer.error("UNBLOCKED client unblocked via CLIENT UNBLOCK") : writer.null_array();
  answer(*session, reply);
}

void BlockedClients::look_again() {
  readers_.begin_look();
  while (const auto id = readers_.next()) {
    Session* session = desk_.sessions.find(*id);
    if (session == nullptr || !session->is_blocked_reader()) continue;
    if (readers_.may_look(session->operations.front())) {
      answers_.advance(*session);
    } else {
      readers_.postpone(*id);
    }
  }
  readers_.end_look();
  while (const auto id = readers_.take_late()) {
    const Session* session = desk_.sessions.find(*id);
    CHECK(session != nullptr && session->is_blocked_reader());
    unblock(*id, false);
  }
}

void BlockedClients::release_readers(bool all) {
  std::vector<base::ConnectionId> released;
  desk_.sessions.for_each([&](const Session& session) {
    if (session.is_blocked_reader() && (all || !session.operations.front().is_allowed_stale))
      released.push_back(session.id);
  });
  for (const base::ConnectionId id : released) {
    Session* session = desk_.sessions.find(id);
    if (session == nullptr || !session->is_blocked_reader()) continue;
    std::string reply;
    resp::ReplyWriter(reply, session->operations.front().version).error(kForced);
    answer(*session, reply);
  }
}

}  // namespace node
