// Pub/sub under faults: at each founder a speaker, which publishes plainly or in EXECs (not both on
// one connection), and a listener. No listener gets a message twice, out of the order in which its
// connection sent it, or one that nobody sent, whatever becomes of nodes and links; and when
// everything has healed every speaker is heard at every node.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/actor.h"
#include "tests/sim/world.h"

namespace sim {

// What was sent on each speaker's connection, by the connection's name: so many messages, numbered
// from 1.
using Spoken = std::map<std::string, std::uint64_t>;

// One who connects to a node again and again, and to no other.
class Visitor : public Party {
 public:
  Visitor(World& world, HostId host, std::size_t node, Chance chance);
  void begin() { actor_.wake(world_.scheduler.now()); }
  // Its connection is left only if it breaks.
  void stay() { stays_ = true; }
  void on_accepted(SocketId, const std::string&) override {}
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

 protected:
  virtual void greet() = 0;
  virtual void act() = 0;
  virtual void on_reply(const resp::Reply& reply) = 0;
  void say(const std::vector<std::string>& words);
  void hang_up();
  [[nodiscard]] SocketId socket() const { return socket_; }

  World& world_;
  Chance chance_;
  const std::size_t node_;

 private:
  void visit();

  const HostId host_;
  Actor actor_;
  SocketId socket_ = 0;
  bool is_connected_ = false, stays_ = false;
  Time heard_ = 0;
  resp::ReplyReader reader_;
};

class Speaker final : public Visitor {
 public:
  Speaker(World& world, HostId host, std::size_t node, Chance chance, Spoken& spoken)
      : Visitor(world, host, node, chance), spoken_(spoken) {}

  // On a connection of its own: a node that does not lead takes no EXEC.
  void speak_plainly() { is_plain_ = true, hang_up(); }
  void fall_silent() { is_silent_ = true; }

 private:
  void greet() override;
  void act() override;
  void on_reply(const resp::Reply&) override {}

  Spoken& spoken_;
  std::string name_;  // of the connection
  bool uses_the_log_ = false, is_plain_ = false, is_silent_ = false;
};

class Listener final : public Visitor {
 public:
  Listener(World& world, HostId host, std::size_t node, Chance chance, const Spoken& spoken)
      : Visitor(world, host, node, chance), spoken_(spoken) {}
  // How many messages of a node's speaker.
  [[nodiscard]] std::uint64_t heard_from(std::size_t node) const;

 private:
  void greet() override { say({"SUBSCRIBE", "news"}); }
  void act() override { say({"PING"}); }
  void on_reply(const resp::Reply& reply) override;

  const Spoken& spoken_;
  Spoken heard_;  // the last message of each connection, over all of its own
  std::map<std::string, std::uint64_t> counts_;  // by node, in words
};

class Broadcasts {
 public:
  Broadcasts(World& world, HostId first_host, Chance chance);
  void begin();
  // Now that nothing fails. Nobody speaks any more behind it.
  void demand_hearing();

 private:
  [[nodiscard]] bool is_heard_everywhere(
      const std::vector<std::vector<std::uint64_t>>& before) const;
  [[nodiscard]] std::vector<std::vector<std::uint64_t>> heard() const;

  World& world_;
  Spoken spoken_;
  std::vector<std::unique_ptr<Speaker>> speakers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace sim
