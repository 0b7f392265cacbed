// Whose bytes are parsed next, and who parses no further for now. Invariant: a session stands in
// the queue at most once, and while it stalls it stands in none but the list that will wake it.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "node/clients/desk.h"

namespace node {

class Stalls {
 public:
  explicit Stalls(Desk& desk) : desk_(desk) {}

  // ---- the queue ----
  void make_ready(Session& session);
  [[nodiscard]] std::size_t ready_count() const { return ready_.size(); }
  // The next one; nullptr: it has gone.
  [[nodiscard]] Session* take_ready();

  // ---- stalls ----
  // False, as what it stops.
  bool stall(Session& session, Stall reason);
  void wake_for_batch();    // the open batch has room
  void wake_timed();        // those that wait for a leader or a pause, and whose time is up
  void wake_if_unpaused();  // CLIENT UNPAUSE

  // Whether the driver reads from it.
  void update_pause(Session& session);

 private:
  Desk& desk_;
  std::deque<base::ConnectionId> ready_;           // sessions to parse
  std::vector<base::ConnectionId> batch_stalled_;  // wait for the open batch to be sealed
  std::vector<base::ConnectionId> timed_stalls_;   // wait for a leader or the end of a pause
};

}  // namespace node
