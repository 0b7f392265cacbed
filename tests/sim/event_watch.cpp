#include "tests/sim/event_watch.h"

#include <utility>

#include "tests/sim/violation.h"

namespace sim {
namespace {

constexpr Time kHealMost = 30 * kSecond;

}  // namespace

const std::vector<LoggedEvent>& EventListener::events() const {
  return world_.checks.log_reader().events();
}

void EventListener::greet() {
  order_.on_connection();
  has_heard_ = false;
  is_judged_ = world_.checks.is_in_main(node_);
  installs_ = world_.host(node_).installs;
  say({"PSUBSCRIBE", "__keyevent@*"});
}

void EventListener::act() {
  if (must_be_judged_ && !is_judged_) return hang_up();
  say({"PING"});
}

// A node that leaves the cluster takes its connections to a log that nobody judges here.
void EventListener::on_reply(const resp::Reply& reply) {
  if (reply.elements.size() != 4 || reply.elements[0].text != "pmessage") return;
  is_judged_ = is_judged_ && world_.checks.is_in_main(node_);
  if (!is_judged_) return;
  const LoggedEvent event{reply.elements[2].text, reply.elements[3].text};
  std::string wrong = order_.hear(events(), event, false);
  // What was sent before an install may be heard behind it: the gap is where the order breaks.
  const std::uint64_t installs = world_.host(node_).installs;
  if (!wrong.empty() && std::exchange(installs_, installs) != installs)
    wrong = order_.hear(events(), event, true);
  DEMAND(wrong.empty(), "at node" + std::to_string(node_) + " " + wrong);
  has_heard_ = true;
  ++world_.counters.events_heard;
}

bool EventListener::has_heard_all() const { return order_.has_heard_last_of(events()); }

EventWatch::EventWatch(World& world, HostId first_host, Chance chance) : world_(world) {
  if (!world.sizes().tells_events) return;
  for (std::size_t node = 0; node < world.founders(); ++node) {
    listeners_.push_back(
        std::make_unique<EventListener>(world, first_host + node, node, chance.split()));
  }
}

void EventWatch::begin() {
  for (const auto& listener : listeners_) listener->begin();
}

bool EventWatch::all_members(bool (EventListener::*is_so)() const) const {
  for (std::size_t node = 0; node < listeners_.size(); ++node)
    if (world_.is_member(node) && !(*listeners_[node].*is_so)()) return false;
  return true;
}

void EventWatch::demand_hearing() {
  for (const auto& listener : listeners_) listener->demand_judgement();
  DEMAND(world_.run_until([this] { return all_members(&EventListener::is_judged); }, kHealMost),
         "somebody hears no events although everything has healed\n" + world_.state_in_words());
}

void EventWatch::demand_all() {
  DEMAND(world_.run_until([this] { return all_members(&EventListener::has_heard_all); }, kHealMost),
         "somebody has not heard the last event\n" + world_.state_in_words());
}

}  // namespace sim
