#include "node/clients/news.h"

#include <utility>
#include <variant>

#include "node/clients/doors.h"
#include "node/messages/names.h"

namespace node {
namespace {

// What has it runs a script, whose commands tell what they read.
constexpr std::uint32_t kOfScripts = engine::kFlagNoMandatoryKeys;

}  // namespace

News::News(Desk& desk, Output& output)
    : desk_(desk),
      output_(output),
      broker_(*this, desk.options.epoch),
      sentinel_broker_(*this, desk.options.epoch),
      master_watch_(desk.config.text("sentinel-master-name")),
      tracking_(*this, desk.sessions, desk.options.self) {}

void News::receive(const FromConsensus& message) {
  if (const auto* told = std::get_if<PubsubTold>(&message))
    broker_.on(*told, desk_.replica.applied());
  if (const auto* linked = std::get_if<PubsubLinked>(&message)) broker_.on(*linked);
  if (const auto* lost = std::get_if<PubsubLost>(&message)) on(*lost);
  if (std::holds_alternative<ClusterView>(message) || std::holds_alternative<Leadership>(message))
    look_at_master();
}

Broker& News::broker_of(const Session& session) {
  return manners_of(session.info.door).has_data ? broker_ : sentinel_broker_;
}

void News::look_at_master() {
  if (desk_.config.integer("sentinel-port") == 0) return;
  const Replica& replica = desk_.replica;
  for (const sentinel::Event& event :
       master_watch_.take(sentinel::master_view(replica.cluster(), replica.terms().leadership())))
    sentinel_broker_.deliver(false, event.channel, event.message);
}

void News::on(const PubsubLost& message) {
  broker_.on(message);
  if (message.messages == 0) return;
  lines_.say(
      desk_.turn.now(), std::to_string(message.peer.value()),
      {LogLevel::kWarning,
       std::to_string(message.messages) + " published messages did not go to " +
           short_name(message.peer) +
           (message.is_connected ? ", whose link does not keep up" : ", which is not connected")},
      desk_.turn.lines);
}

void News::forget(Session& session) {
  broker_of(session).subscriptions().forget(session);
  tracking_.turn_off(session);
}

void News::tell_others() {
  const std::int64_t keys_max = desk_.config.integer("tracking-table-max-keys");
  tracking_.finish_turn(static_cast<std::uint64_t>(keys_max));
  broker_.set_has_peers(desk_.replica.cluster().peers.size() > 1);
  broker_.on_applied(desk_.replica.applied());
  broker_.tell(desk_.turn.to_consensus);
  sentinel_broker_.tell(desk_.turn.to_consensus);  // it knows no others: that tells nobody
}

// -- elements of the log

void News::begin_entry(engine::Effects& effects, bool is_replayed) {
  is_replayed_ = is_replayed;
  ask_of(effects);
}

void News::ask_of(engine::Effects& effects) const {
  effects.wants_messages = !is_replayed_;
  effects.wants_events = !is_replayed_ && !broker_.subscriptions().empty();
  effects.wants_changes = tracking_.wants_changes();
}

void News::deliver(engine::Effects& effects, LogIndex index, const Session* by) {
  if (std::exchange(effects.has_flushed, false)) tracking_.on_flushed();
  if (!effects.notes.empty()) {
    tracking_.on_notes(effects.notes, by);
    effects.notes.clear();
  }
  if (!effects.events.empty()) tell_events(std::exchange(effects.events, {}));
  if (!effects.published.empty()) broker_.deliver(std::exchange(effects.published, {}), index);
}

// In Redis's words; the one that names the key first.
void News::tell_events(std::vector<engine::KeyspaceEvent> events) {
  const std::string classes = desk_.replica.engine().setting("notify-keyspace-events").value_or("");
  const bool has_keyspace = classes.find('K') != std::string::npos;
  const bool has_keyevent = classes.find('E') != std::string::npos;
  for (const engine::KeyspaceEvent& event : events) {
    const std::string place = "@" + std::to_string(event.database) + "__:";
    if (has_keyspace) broker_.deliver(false, "__keyspace" + place + event.key, event.event);
    if (has_keyevent) broker_.deliver(false, "__keyevent" + place + event.event, event.key);
  }
}

// -- reads

void News::note_reads(const engine::CommandSpec& spec, engine::Arguments argv,
                      std::vector<engine::KeyNote>& notes) {
  if ((spec.flags & engine::kFlagReadonly) == 0 || (spec.flags & kOfScripts) != 0) return;
  for (const engine::KeyPosition& key : engine::keys_of(spec, argv).positions)
    notes.push_back({std::string(argv[key.index]), engine::KeyNote::How::kRead});
}

engine::ReadObserver News::observer(bool remembers) {
  return {.misses = broker_.subscriptions().empty() ? nullptr : &misses_,
          .script_reads = remembers ? &read_keys_ : nullptr};
}

void News::deliver_read(const Session& session) {
  if (!read_keys_.empty()) {
    tracking_.on_notes(read_keys_, &session);
    read_keys_.clear();
  }
  if (!misses_.empty()) tell_events(std::exchange(misses_, {}));
}

void News::forget_read() {
  read_keys_.clear();
  misses_.clear();
}

}  // namespace node
