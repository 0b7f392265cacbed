// Planned hand-overs, told in time to the clients that asked (CLIENT MAINT_NOTIFICATIONS,
// docs/decisions/maintenance-notifications.md). When this node is to give up leadership they hear
// FAILING_OVER and, when it is known who leads then, FAILED_OVER; when this node ends, they hear
// MOVING with the address of another one. Invariants: each FAILING_OVER is followed by one
// FAILED_OVER on the same connection, before any MOVING; numbers of events rise, also across nodes
// and starts, because they follow the log's clock. Thread: service.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "node/clients/desk.h"
#include "node/clients/pubsub/broker.h"

namespace node {

class Maintenance {
 public:
  // Both outlive this.
  Maintenance(Desk& desk, PushOutlet& outlet) : desk_(desk), outlet_(outlet) {}

  // ---- a hand-over ----
  void on(const TransferBegun& message);
  void on(const TransferDone& message);
  void advance();  // once a turn

  // ---- the end of this node ----
  // Clients that asked, and were not told before, are told where to go; they have until then.
  void send_away(base::Instant until);
  // Those that were, and are still here.
  [[nodiscard]] std::size_t count_guests() const;

 private:
  // Higher than all before.
  [[nodiscard]] std::int64_t next_number();
  void tell_begin(const TransferBegun& message);
  void tell_end();
  void send_away(Session& session, std::int64_t seconds);

  Desk& desk_;
  PushOutlet& outlet_;
  std::int64_t number_ = 0;         // of the newest event
  std::int64_t moving_number_ = 0;  // of the end of this node; 0: nobody was sent away yet
  bool is_handing_over_ = false;    // begun, and nobody was told that it is over
  bool is_over_ = false;            // consensus is done with it, and the leader may be unknown
};

}  // namespace node
