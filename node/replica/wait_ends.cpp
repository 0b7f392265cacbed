#include "node/replica/wait_ends.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace node {
namespace {

constexpr std::size_t kEndsPerTurn = 1000;

}  // namespace

void WaitEnds::propose(const engine::ClientRef& client, engine::UnblockReason reason) {
  const auto wait = ground_.engine.wait_of(client);
  if (!wait) return;
  End& end = ends_[client];
  if (end.wait != *wait) end = {.reason = reason, .wait = *wait};
  if (end.batch != 0) return;
  if (!proposals_.may_propose()) {
    has_unproposed_ = true;
    return;
  }
  proposals_.writer().unblock(client, end.reason, end.wait);
  proposals_.add_nobody();
  end.batch = proposals_.batcher().open().id();
  CHECK(end.batch != 0);
}

void WaitEnds::propose_left_over() {
  if (!std::exchange(has_unproposed_, false)) return;
  for (auto one = ends_.begin(); one != ends_.end();) {
    const auto& [client, end] = *one;
    if (ground_.engine.wait_of(client) == end.wait) {
      propose(client, end.reason);
      ++one;
    } else {
      one = ends_.erase(one);
    }
  }
}

void WaitEnds::on_refused(std::uint64_t batch) {
  for (auto& [client, end] : ends_) {
    if (end.batch != batch) continue;
    end.batch = 0;
    has_unproposed_ = true;
  }
}

void WaitEnds::forget_ghosts(const ReplicaListener& listener) {
  const ReplicaOptions& options = ground_.options;
  for (const engine::ClientRef& client : ground_.engine.waiters_of(options.self, options.epoch)) {
    const auto wait = listener.wait_of(client.connection);
    if (!wait || ground_.engine.wait_of(client) != wait) forget(client);
  }
}

void WaitEnds::advance() {
  if (proposals_.may_propose()) propose_left_over();
  if (!terms_.is_serving()) return;  // the leader ends the waits of all members' clients
  const std::int64_t now_ms = ground_.log_clock.now_ms();
  for (const engine::ClientRef& client : ground_.engine.expired_waiters(now_ms, kEndsPerTurn))
    propose(client, engine::UnblockReason::kTimeout);
  if (const auto next_ms = ground_.engine.next_waiter_deadline(now_ms)) {
    const std::int64_t left_ms = std::min<std::int64_t>(*next_ms - now_ms, 1000);
    ground_.turn.due(ground_.turn.now() + base::milliseconds(left_ms));
  }
}

}  // namespace node
