#include "tests/sim/administrator.h"

#include <algorithm>

#include "node/messages/node_name.h"
#include "tests/sim/exchange.h"

namespace sim {

Administrator::Administrator(World& world, HostId machine, std::vector<std::string>& addresses,
                             Chance chance)
    : world_(world),
      machine_(machine),
      addresses_(addresses),
      chance_(chance),
      actor_(world.scheduler, [this] { act(); }),
      least_(static_cast<std::size_t>(chance_.between(1, 3))),
      most_(least_ + static_cast<std::size_t>(chance_.between(1, 3))),
      removes_(chance_.percent(75)) {
  // Newcomers are clusters of their own, not strangers. Not where members are removed: a removed
  // one that is told to meet such a cluster joins it, and clients would find it there.
  for (std::size_t i = world.founders(); !removes_ && i < world.size(); ++i)
    world.host(i).raft_peers.clear();
}

void Administrator::begin(Time pace) {
  pace_ = pace;
  is_at_work_ = true;
  rest();
}

void Administrator::end() {
  is_at_work_ = false;
  hang_up();
}

void Administrator::act() {
  if (!is_at_work_) return;
  greet_members();
  if (socket_ != 0 && world_.scheduler.now() < deadline_) return actor_.wake(deadline_);
  hang_up();
  if (wish_.words.empty()) wish_ = draw();
  if (wish_.words.empty()) return rest();
  reader_ = {};
  deadline_ = world_.scheduler.now() + chance_.duration(500 * kMillisecond, 8 * kSecond);
  socket_ = world_.network.dial(machine_, *this, wish_.target);
  actor_.wake(deadline_);
}

// Clients hear of new nodes, and remember old ones.
void Administrator::greet_members() {
  for (std::size_t host = 0; host < world_.size(); ++host) {
    const std::string address = world_.host(host).client_address();
    const bool is_known =
        std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
    if (world_.is_member(host) && !is_known) addresses_.push_back(address);
  }
}

// ---- what it wants ----

Administrator::Wish Administrator::draw() {
  std::vector<std::size_t> members, others;
  for (std::size_t host = 0; host < world_.size(); ++host)
    (world_.is_member(host) ? members : others).push_back(host);
  if (members.empty()) return {};
  const auto replica = world_.read_replica();
  if (replica && !world_.is_member(*replica) && (is_host_ || chance_.percent(50)))
    return meet(*replica);
  if (is_host_) return {};
  const auto any = [this](const std::vector<std::size_t>& of) {
    return of[chance_.below(of.size())];
  };
  const bool may_grow = members.size() < most_ && !others.empty();
  const bool may_shrink = removes_ && members.size() > least_;
  if (may_grow && chance_.percent(may_shrink ? 45 : 80)) return meet(any(others));
  if (may_shrink && chance_.percent(60)) return forget(any(members));
  return fail_over(any(members));
}

Administrator::Wish Administrator::meet(std::size_t host) {
  world_.start(host);
  const Host& guest = world_.host(host);
  const auto leader = world_.leader();
  const std::size_t to = leader && chance_.percent(70) ? *leader : chance_.below(world_.size());
  return {.words = {"CLUSTER", "MEET", guest.ip(), "6379", "16379"},
          .target = world_.host(world_.is_member(to) ? to : leader.value_or(0)).client_address(),
          .counter = &Counters::meets};
}

Administrator::Wish Administrator::forget(std::size_t host) {
  const auto leader = world_.leader();
  return {.words = {"CLUSTER", "FORGET", node::node_name(world_.host(host).id())},
          .target = world_.host(leader.value_or(host)).client_address(),
          .counter = &Counters::forgets};
}

Administrator::Wish Administrator::fail_over(std::size_t host) {
  std::vector<std::string> words = {"CLUSTER", "FAILOVER"};
  if (chance_.percent(20)) words.push_back("FORCE");
  return {.words = std::move(words),
          .target = world_.host(host).client_address(),
          .counter = &Counters::failovers};
}

// ---- the connection ----

void Administrator::on_connected(SocketId socket) {
  if (socket != socket_) return;
  std::string bytes = "*" + std::to_string(wish_.words.size()) + "\r\n";
  for (const std::string& word : wish_.words)
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  world_.network.send(socket_, bytes);
}

void Administrator::on_bytes(SocketId socket, std::string_view bytes) {
  if (socket != socket_) return;
  reader_.feed(bytes);
  const auto reply = reader_.next();
  DEMAND(!reader_.is_broken(), "the reply stream is broken");
  if (reply) take(*reply);
}

void Administrator::take(const resp::Reply& reply) {
  const std::string text = canonical(reply);
  world_.trace.say("administrator", wish_.words[1] + " at " + wish_.target + ": " + text);
  if (text == "+OK") ++(world_.counters.*wish_.counter);
  const std::size_t space = text.rfind(' ');
  const bool is_moved = text.starts_with("-MOVED ");
  if (is_moved) wish_.target = text.substr(space + 1);
  if (!is_moved || chance_.percent(10)) wish_ = {};
  deadline_ = 0;
  rest();
}

void Administrator::on_closed(SocketId socket, std::string_view) {
  if (socket != socket_) return;
  socket_ = 0;
  wish_ = {};
  rest();
}

void Administrator::hang_up() {
  if (socket_ == 0) return;
  world_.network.close(std::exchange(socket_, 0));
}

}  // namespace sim
