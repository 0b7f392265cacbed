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
    const char* name;
    bool (Faults::*strike)();  // false: there was nothing to strike
    unsigned weight = 0;
  };
  void draw_kinds();
  void strike_next();
  [[nodiscard]] std::size_t victim();
  void later(Time least, Time most, std::function<void()> action);

  // ---- processes ----
  bool crash();
  bool crash_in_checkpoint();
  bool crash_all();
  bool stop_in_good_order();
  bool empty_directory();
  bool pause();
  bool pause_long();
  bool stall_a_part();
  bool pause_until(std::size_t host, NodeProcess::Part part, Time most);
  bool hold_a_turn();
  bool transfer();
  void restart_later(std::size_t host);
  // ---- the network: faults_network.cpp ----
  bool isolate();
  bool cut_one_way();
  bool split();
  bool break_links();
  bool weather();
  bool lose_packets();
  bool clog();
  // ---- disks and clocks ----
  bool slow_log();
  bool slow_store();
  bool stall_sync();
  bool full_disk();
  bool failing_disk();
  bool jump_wall();

  World& world_;
  std::size_t clients_;
  Chance chance_;
  std::vector<Kind> kinds_;
  unsigned weights_ = 0;
  Time pause_most_ = kSecond;
  bool is_over_ = false;
};

}  // namespace sim
