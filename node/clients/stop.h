// SIGTERM (DESIGN decision 15): no new commands, what is under way is finished and answered, a
// leader of several hands over. Whoever asked to be told (maintenance/) learns then where to go,
// and the node stays until they have gone, a bounded time. Invariant: the waits of its clients are
// ended through the log before: a client that is told -UNBLOCKED took nothing, also of pushes that
// were under way.
#pragma once

#include <cstdint>

#include "node/clients/blocked_clients.h"
#include "node/clients/desk.h"
#include "node/clients/maintenance/maintenance.h"
#include "node/clients/stalls.h"

namespace node {

class Stop {
 public:
  Stop(Desk& desk, const Stalls& stalls, BlockedClients& blocked, Maintenance& maintenance)
      : desk_(desk),
        replica_(desk.replica),
        stalls_(stalls),
        blocked_(blocked),
        maintenance_(maintenance) {}
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
  void send_away();
  void end();
  [[nodiscard]] bool is_over_redirecting() const;

  Desk& desk_;
  Replica& replica_;
  const Stalls& stalls_;
  BlockedClients& blocked_;
  Maintenance& maintenance_;
  Stage stage_ = Stage::kNot;
  base::Instant deadline_{};   // of the stage
  base::Instant last_call_{};  // when even those are left that were told where to go
  bool has_deadline_ = false;
};

}  // namespace node
