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

// -- what the log brings

// Nothing is told of what was in the log when this node started: it may have been told before.
void Service::Machine::set_wanted_effects(LogIndex index) {
  const bool is_live = index > logged_;
  effects_.wants_messages = is_live;
  effects_.wants_events = is_live && !broker_.subscriptions().empty();
  effects_.wants_changes = tracking_.clients() > 0;
}

// Of an element that has just been applied; its reply is complete.
void Service::Machine::deliver_effects(LogIndex index, const Session* by) {
  if (std::exchange(effects_.has_flushed, false)) tracking_.on_flushed();
  if (!effects_.notes.empty()) {
    tracking_.on_notes(effects_.notes, by);
    effects_.notes.clear();
  }
  if (!effects_.events.empty()) deliver_events(std::exchange(effects_.events, {}));
  if (!effects_.published.empty()) broker_.deliver(std::exchange(effects_.published, {}), index);
}

// In Redis's words; the one that names the key first.
void Service::Machine::deliver_events(std::vector<engine::KeyspaceEvent> events) {
  const std::string classes = engine_.setting("notify-keyspace-events").value_or("");
  const bool has_keyspace = classes.find('K') != std::string::npos;
  const bool has_keyevent = classes.find('E') != std::string::npos;
  for (const engine::KeyspaceEvent& event : events) {
    const std::string place = "@" + std::to_string(event.database) + "__:";
    if (has_keyspace) broker_.deliver(false, "__keyspace" + place + event.key, event.event);
    if (has_keyevent) broker_.deliver(false, "__keyevent" + place + event.event, event.key);
  }
}

// -- reads

void Service::Machine::note_reads(const engine::CommandSpec& spec, engine::Arguments argv,
                                  std::vector<engine::KeyNote>& notes) {
  if ((spec.flags & engine::kFlagReadonly) == 0) return;
  for (const engine::KeyPosition& key : engine::keys_of(spec, argv).positions)
    notes.push_back({std::string(argv[key.index]), engine::KeyNote::How::kRead});
}

engine::ReadObserver Service::Machine::read_observer(bool remembers) {
  return {.misses = broker_.subscriptions().empty() ? nullptr : &missed_keys_,
          .script_reads = remembers ? &read_keys_ : nullptr};
}

// Of one that has been answered.
void Service::Machine::deliver_read(const Session& session) {
  if (!read_keys_.empty()) {
    tracking_.on_notes(read_keys_, &session);
    read_keys_.clear();
  }
  if (!missed_keys_.empty()) deliver_events(std::exchange(missed_keys_, {}));
}

// Evidence has not come: it is answered later, and all of it then.
void Service::Machine::forget_read() {
  read_keys_.clear();
  missed_keys_.clear();
}

// Before the batches of the turn leave: what was published goes to a node before what its publisher
// proposed afterwards.
void Service::Machine::tell_pubsub() {
  const std::int64_t keys_max = config_.integer("tracking-table-max-keys");
  tracking_.finish_turn(static_cast<std::uint64_t>(keys_max));
  broker_.set_has_peers(cluster_.peers.size() > 1);
  broker_.on_applied(applied_);
  broker_.tell(out_.to_consensus);
}

}  // namespace node
