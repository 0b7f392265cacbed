// Pub/sub within the machine: where texts to subscribers go, what other nodes tell, and what the
// log brings. Whom a message reaches is node/clients/pubsub's business.
#include <utility>

#include "node/service_machine.h"

namespace node {

// A subscriber that does not read is closed at the end of the turn; it gets nothing more until
// then.
void Service::Machine::push(Session& session, std::string_view text) {
  if (session.is_killed || session.closes_when_sent || session.is_overfull) return;
  session.output += text;
  mark_dirty(session);
  const OutputLimit limit = push_limit_of(session);
  session.is_overfull = limit.hard_bytes > 0 && session.unsent_bytes() >= limit.hard_bytes;
}

// What a client is sent unasked cannot be held back until it reads: a subscriber has the limit of
// the class pubsub, as in Redis; another one that of normal too where that is smaller.
OutputLimit Service::Machine::push_limit_of(const Session& session) const {
  OutputLimit limit = push_limit_;
  if (session.subscriber.is_subscribed()) return limit;
  const bool is_smaller = output_limit_.hard_bytes > 0 &&
                          (limit.hard_bytes == 0 || output_limit_.hard_bytes < limit.hard_bytes);
  if (is_smaller) limit.hard_bytes = output_limit_.hard_bytes;
  return limit;
}

void Service::Machine::on(const PubsubLost& message) {
  broker_.on(message);
  if (message.messages == 0) return;
  pubsub_lines_.say(
      clocks_.now, std::to_string(message.peer.value()),
      {LogLevel::kWarning,
       std::to_string(message.messages) + " published messages did not go to " +
           short_name(message.peer) +
           (message.is_connected ? ", whose link does not keep up" : ", which is not connected")},
      out_.lines);
}

// What an element that has just been applied says to subscribers of this node.
void Service::Machine::deliver_effects(LogIndex index) {
  if (effects_.published.empty()) return;
  broker_.deliver(std::exchange(effects_.published, {}), index);
}

// Before the batches of the turn leave: what was published goes to a node before what its publisher
// proposed afterwards.
void Service::Machine::tell_pubsub() {
  broker_.set_has_peers(cluster_.peers.size() > 1);
  broker_.on_applied(applied_);
  broker_.tell(out_.to_consensus);
}

}  // namespace node
