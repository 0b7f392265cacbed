#include "node/clients/sentinel/master_watch.h"

#include <algorithm>
#include <utility>

#include "node/messages/node_name.h"

namespace node::sentinel {
namespace {

using Instances = std::vector<Instance>;

std::string master_text(const std::string& name, const Instance& master) {
  return "master " + name + " " + master.address();
}

// How the instances of a list are spoken of: "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster ...".
struct Kind {
  std::string_view name;      // "slave"
  bool is_named_by_id;        // else by its address
  const std::string& master;  // what stands behind the @

  [[nodiscard]] std::string text(const Instance& one) const {
    return std::string(name) + " " + (is_named_by_id ? node_name(one.id) : one.name()) + " " +
           one.address() + " @ " + master;
  }
};

// Those that are new, and those that went down or came back.
void compare_all(const Kind& kind, const Instances& before, const Instances& now,
                 std::vector<Event>& events) {
  for (const Instance& one : now) {
    const auto same = std::find_if(before.begin(), before.end(), [&one](const Instance& former) {
      return former.id == one.id && former.is_at(one);
    });
    const bool is_new = same == before.end();
    if (is_new) events.push_back({"+" + std::string(kind.name), kind.text(one)});
    if (one.is_down != (!is_new && same->is_down))
      events.push_back({one.is_down ? "+sdown" : "-sdown", kind.text(one)});
  }
}

}  // namespace

std::vector<Event> MasterWatch::take(MasterView now) {
  std::vector<Event> events;
  if (!now.master) return events;
  if (former_) compare(now, events);
  former_ = std::move(now);
  return events;
}

void MasterWatch::compare(const MasterView& now, std::vector<Event>& events) const {
  const bool is_switched = !now.master->is_at(*former_->master);
  if (is_switched) tell_switch(now, events);
  tell_state(is_switched ? MasterView{} : *former_, now, events);
  const std::string master = name_ + " " + now.master->address();
  // A master begins with new replicas, the former master among them.
  compare_all({"slave", false, master}, is_switched ? Instances{} : former_->replicas, now.replicas,
              events);
  compare_all({"sentinel", true, master}, former_->sentinels, now.sentinels, events);
}

void MasterWatch::tell_switch(const MasterView& now, std::vector<Event>& events) const {
  if (former_->is_objectively_down)
    events.push_back({"-odown", master_text(name_, *former_->master)});
  events.push_back(
      {"+switch-master", name_ + " " + former_->master->address() + " " + now.master->address()});
}

void MasterWatch::tell_state(const MasterView& before, const MasterView& now,
                             std::vector<Event>& events) const {
  const std::string text = master_text(name_, *now.master);
  const bool was_down = before.master && before.master->is_down;
  if (now.master->is_down != was_down)
    events.push_back({now.master->is_down ? "+sdown" : "-sdown", text});
  if (now.is_objectively_down == before.is_objectively_down) return;
  const std::string quorum = std::to_string(now.quorum());
  events.push_back(now.is_objectively_down
                       ? Event{"+odown", text + " #quorum " + quorum + "/" + quorum}
                       : Event{"-odown", text});
}

}  // namespace node::sentinel
