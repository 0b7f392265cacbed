#include "tests/sim/broadcasts.h"

#include "tests/sim/violation.h"

namespace sim {
namespace {

constexpr Time kSilenceMost = 4 * kSecond;
constexpr Time kHealMost = 30 * kSecond;

std::string encoded(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

}  // namespace

// -- visitors

Visitor::Visitor(World& world, HostId host, std::size_t node, Chance chance)
    : world_(world), chance_(chance), node_(node), host_(host), actor_(world.scheduler, [this] {
        visit();
      }) {}

void Visitor::visit() {
  const Time now = world_.scheduler.now();
  constexpr unsigned kGoesPermille = 20;
  const bool is_deaf = socket_ != 0 && now - heard_ > kSilenceMost;
  if (is_deaf || (is_connected_ && !stays_ && chance_.permille(kGoesPermille))) hang_up();
  if (socket_ == 0) {
    socket_ = world_.network.dial(host_, *this, world_.host(node_).client_address());
    heard_ = now;
    reader_ = {};
  } else if (is_connected_) {
    act();
  }
  actor_.wake(now + chance_.duration(5 * kMillisecond, kSecond));
}

void Visitor::say(const std::vector<std::string>& words) {
  world_.network.send(socket_, encoded(words));
}

void Visitor::on_connected(SocketId socket) {
  if (socket != socket_) return;
  is_connected_ = true;
  greet();
}

void Visitor::on_bytes(SocketId socket, std::string_view bytes) {
  if (socket != socket_) return;
  heard_ = world_.scheduler.now();
  reader_.feed(bytes);
  while (const auto reply = reader_.next()) on_reply(*reply);
  DEMAND(!reader_.is_broken(), "the stream of a visitor is broken");
}

void Visitor::on_closed(SocketId socket, std::string_view) {
  if (socket != socket_) return;
  socket_ = 0;
  is_connected_ = false;
}

void Visitor::hang_up() {
  if (socket_ != 0) world_.network.close(socket_);
  socket_ = 0;
  is_connected_ = false;
}

// -- speakers

void Speaker::greet() {
  uses_the_log_ = chance_.percent(30) && !is_plain_;
  name_ = std::to_string(node_) + (uses_the_log_ ? "/log" : "/") + std::to_string(socket());
}

void Speaker::act() {
  if (is_silent_) return say({"PING"});
  const std::int64_t count = chance_.between(1, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string text = name_ + " " + std::to_string(++spoken_[name_]);
    ++world_.counters.published;
    if (uses_the_log_) say({"MULTI"});
    if (uses_the_log_) say({"SET", "said", text});
    say({"PUBLISH", "news", text});
    if (uses_the_log_) say({"EXEC"});
  }
}

// -- listeners

void Listener::on_reply(const resp::Reply& reply) {
  if (reply.elements.size() != 3 || reply.elements[0].text != "message") return;
  const std::string& text = reply.elements[2].text;
  const std::size_t blank = text.find(' ');
  const std::string name = text.substr(0, blank);
  const std::uint64_t number = std::stoull(text.substr(blank + 1));
  const auto spoken = spoken_.find(name);
  DEMAND(spoken != spoken_.end() && number <= spoken->second, "nobody said " + text);
  if (world_.trace.is_verbose()) world_.trace.detail("listener" + std::to_string(node_), text);
  std::uint64_t& last = heard_[name];
  DEMAND(number > last, "at node" + std::to_string(node_) + " " + text +
                            " is heard behind its message " + std::to_string(last));
  last = number;
  ++counts_[name.substr(0, name.find('/'))];
  ++world_.counters.heard;
}

std::uint64_t Listener::heard_from(std::size_t node) const {
  const auto found = counts_.find(std::to_string(node));
  return found == counts_.end() ? 0 : found->second;
}

// -- all of them

Broadcasts::Broadcasts(World& world, HostId first_host, Chance chance) : world_(world) {
  for (std::size_t node = 0; node < world.founders(); ++node) {
    speakers_.push_back(
        std::make_unique<Speaker>(world, first_host + 2 * node, node, chance.split(), spoken_));
    listeners_.push_back(std::make_unique<Listener>(world, first_host + 2 * node + 1, node,
                                                    chance.split(), spoken_));
  }
}

void Broadcasts::begin() {
  for (const auto& speaker : speakers_) speaker->begin();
  for (const auto& listener : listeners_) listener->begin();
}

std::vector<std::vector<std::uint64_t>> Broadcasts::heard() const {
  std::vector<std::vector<std::uint64_t>> all;
  for (const auto& listener : listeners_) {
    all.emplace_back();
    for (std::size_t node = 0; node < speakers_.size(); ++node)
      all.back().push_back(listener->heard_from(node));
  }
  return all;
}

bool Broadcasts::is_heard_everywhere(const std::vector<std::vector<std::uint64_t>>& before) const {
  for (std::size_t at = 0; at < listeners_.size(); ++at) {
    for (std::size_t from = 0; from < speakers_.size(); ++from) {
      const bool are_members = world_.is_member(at) && world_.is_member(from);
      if (are_members && listeners_[at]->heard_from(from) <= before[at][from]) return false;
    }
  }
  return true;
}

void Broadcasts::demand_hearing() {
  const auto before = heard();
  for (const auto& speaker : speakers_) speaker->speak_plainly();
  DEMAND(world_.run_until([&] { return is_heard_everywhere(before); }, kHealMost),
         "a speaker is not heard everywhere although everything has healed\n" +
             world_.state_in_words());
  for (const auto& speaker : speakers_) speaker->fall_silent();
}

}  // namespace sim
