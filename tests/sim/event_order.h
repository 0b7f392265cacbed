// Keyspace events against the log. Claim: what one listener at a node hears on one connection is a
// piece of the events that the log makes, without a gap; over all of its connections nothing comes
// twice or goes back. Only behind an installed snapshot a gap is right: what happened meanwhile was
// not carried out there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sim {

struct LoggedEvent {
  std::string channel, key;
  bool operator==(const LoggedEvent&) const = default;
};

// What one listener may have heard last. Events are alike, so it may be one of several places.
class EventOrder {
 public:
  void on_connection() { is_new_ = true; }
  // What is wrong with hearing `event` next, if the log has made `events` by now; empty: nothing.
  [[nodiscard]] std::string hear(const std::vector<LoggedEvent>& events, const LoggedEvent& event,
                                 bool may_have_gap);
  // All of the events were heard, as far as can be told.
  [[nodiscard]] bool has_heard_last_of(const std::vector<LoggedEvent>& events) const;

 private:
  bool is_new_ = true;  // nothing was heard on this connection
  // Behind each of the places that may be the last one heard, in order. Never empty.
  std::vector<std::size_t> next_ = {0};
};

}  // namespace sim
