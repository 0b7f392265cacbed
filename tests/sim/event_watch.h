// Keyspace events under faults: at each founder somebody who listens to all of them, and whose
// events are held against the log (event_order.h), whatever becomes of nodes and links; when
// everything has healed every listener hears on to the last.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/broadcasts.h"
#include "tests/sim/event_order.h"

namespace sim {

class EventListener final : public Visitor {
 public:
  EventListener(World& world, HostId host, std::size_t node, Chance chance)
      : Visitor(world, host, node, chance) {}
  // From now on it is heard to the end.
  void demand_judgement() { must_be_judged_ = true, stay(); }
  // What it hears is of the log that is judged, and it has heard something on this connection.
  [[nodiscard]] bool is_judged() const { return is_judged_ && has_heard_; }
  [[nodiscard]] bool has_heard_all() const;

 private:
  void greet() override;
  void act() override;
  void on_reply(const resp::Reply& reply) override;
  [[nodiscard]] const std::vector<LoggedEvent>& events() const;

  EventOrder order_;
  bool is_judged_ = false, has_heard_ = false, must_be_judged_ = false;
  std::uint64_t installs_ = 0;  // on its node, those that a gap was right for
};

class EventWatch {
 public:
  // Nobody listens where no events are told.
  EventWatch(World& world, HostId first_host, Chance chance);
  void begin();
  // Now that nothing fails and clients still write.
  void demand_hearing();
  // Now that nobody writes any more.
  void demand_all();

 private:
  [[nodiscard]] bool all_members(bool (EventListener::*is_so)() const) const;

  World& world_;
  std::vector<std::unique_ptr<EventListener>> listeners_;
};

}  // namespace sim
