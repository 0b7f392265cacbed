// What goes wrong in a world, and when: each seed draws which kinds of faults it has and how often
// they come, and then the faults themselves. Knows the world only by its public face; a soak or a
// new kind of fault changes nothing else.
#pragma once

#include <vector>

#include "tests/sim/world.h"

namespace sim {

class Faults {
 public:
  Faults(World& world, std::size_t clients, Chance chance);

  void begin();
  // No new ones; cuts are healed, everybody is started, disks and networks are as good as new.
  void end_and_heal();

 private:
  struct Kind {
    void (Faults::*strike)();
    unsigned weight = 0;
  };
  void draw_kinds();
  void strike_next();
  [[nodiscard]] std::size_t victim();
  void later(Time least, Time most, std::function<void()> action);

  // ---- processes ----
  void crash();
  void crash_in_checkpoint();
  void crash_all();
  void stop_in_good_order();
  void pause();
  void stall_a_part();
  void restart_later(std::size_t host);
  // ---- the network ----
  void isolate();
  void cut_one_way();
  void split();
  void break_links();
  void weather();
  // ---- disks and clocks ----
  void slow_disk();
  void full_disk();
  void jump_wall();

  World& world_;
  std::size_t clients_;
  Chance chance_;
  std::vector<Kind> kinds_;
  unsigned weights_ = 0;
  Time pause_most_ = kSecond;
  bool is_over_ = false;
};

}  // namespace sim
