#include "tests/sim/event_order.h"

#include <utility>

namespace sim {

std::string EventOrder::hear(const std::vector<LoggedEvent>& events, const LoggedEvent& event,
                             bool may_have_gap) {
  std::vector<std::size_t> after;
  for (const std::size_t place : next_)
    if (place < events.size() && events[place] == event) after.push_back(place + 1);
  const bool may_be_anywhere = is_new_ || (after.empty() && may_have_gap);
  if (may_be_anywhere) {
    after.clear();
    for (std::size_t place = next_.front(); place < events.size(); ++place)
      if (events[place] == event) after.push_back(place + 1);
  }
  if (after.empty()) {
    std::string text = event.channel + " of " + event.key + " is heard behind event " +
                       std::to_string(next_.front()) + " of " + std::to_string(events.size()) +
                       ", where the log has";
    for (std::size_t place = next_.front(); place < events.size() && place < next_.front() + 3;
         ++place)
      text += " " + events[place].channel + " of " + events[place].key + ",";
    text.back() = ';';
    return text;
  }
  next_ = std::move(after);
  is_new_ = false;
  return {};
}

bool EventOrder::has_heard_last_of(const std::vector<LoggedEvent>& events) const {
  return next_.back() == events.size();
}

}  // namespace sim
