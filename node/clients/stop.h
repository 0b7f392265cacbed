// SIGTERM (DESIGN decision 15): no new commands, what is under way is finished and answered, a
// leader of several hands over. Invariant: the waits of its clients are ended through the log
// before: a client that is told -UNBLOCKED took nothing, also of pushes that were under way.
#pragma once

#include <cstdint>

#include "node/clients/blocked_clients.h"
#include "node/clients/desk.h"
#include "node/clients/stalls.h"

namespace node {

class Stop {
 public:
  Stop(Desk& desk, const Stalls& stalls, BlockedClients& blocked)
      : desk_(desk), replica_(desk.replica), stalls_(stalls), blocked_(blocked) {}
  void begin();
  void advance();
  void on(const TransferDone& message);
  [[nodiscard]] bool takes_commands() const;
  [[nodiscard]] bool is_drained() const { return stage_ == Stage::kDrained; }

 private:
  enum class Stage : std::uint8_t { kNot, kFinishing, kTransferring, kRedirecting, kDrained };
  [[nodiscard]] bool is_answered() const;
  void hand_over();
  void begin_redirecting();
  [[nodiscard]] bool is_over_redirecting() const;

  Desk& desk_;
  Replica& replica_;
  const Stalls& stalls_;
  BlockedClients& blocked_;
  Stage stage_ = Stage::kNot;
  base::Instant deadline_{};
  bool has_deadline_ = false;
};

}  // namespace node
