// Somebody who changes the cluster while it runs: invites machines (CLUSTER MEET), removes members
// (CLUSTER FORGET), hands leadership over (CLUSTER FAILOVER), one command after the other, by a
// connection of its own that no fault touches. Knows who the members are better than anybody in a
// real cluster would; whatever it is answered, it goes on.
#pragma once

#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/actor.h"
#include "tests/sim/client.h"
#include "tests/sim/world.h"

namespace sim {

class Administrator final : public Party {
 public:
  // `addresses`: where clients look for nodes; those that became members are added.
  Administrator(World& world, HostId machine, std::vector<std::string>& addresses, Chance chance);

  // Thinks up to `pace` between two commands.
  void begin(Time pace);
  // Invites the read replica and does nothing else.
  void begin_as_host() {
    is_host_ = true;
    begin(kSecond);
  }
  [[nodiscard]] bool removes_members() const { return removes_; }
  // Says nothing any more.
  void end();

  // ---- Party ----
  void on_accepted(SocketId, const std::string&) override {}
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

 private:
  struct Wish {
    std::vector<std::string> words;
    std::string target;  // HOST:PORT
    std::uint64_t Counters::*counter = nullptr;
  };
  void act();
  [[nodiscard]] Wish draw();
  [[nodiscard]] Wish meet(std::size_t host);
  [[nodiscard]] Wish forget(std::size_t host);
  [[nodiscard]] Wish fail_over(std::size_t host);
  void take(const resp::Reply& reply);
  void hang_up();
  void rest() { actor_.wake(world_.scheduler.now() + chance_.duration(10 * kMillisecond, pace_)); }
  void greet_members();

  World& world_;
  HostId machine_;
  std::vector<std::string>& addresses_;
  Chance chance_;
  Actor actor_;
  std::size_t least_, most_;  // members that it aims at
  bool removes_;
  Time pace_ = 0, deadline_ = 0;
  bool is_at_work_ = false, is_host_ = false;
  Wish wish_;
  SocketId socket_ = 0;
  resp::ReplyReader reader_;
};

}  // namespace sim
