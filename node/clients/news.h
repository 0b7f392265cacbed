// What clients are told unasked: messages, keyspace events, keys that have changed. What has
// happened comes from the log, from other nodes and from reads; this says it to the broker and to
// tracking, and hands their texts to the sessions. Invariant: a text stands between the replies of
// its session, never within one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/elements/effects.h"
#include "node/clients/desk.h"
#include "node/clients/output.h"
#include "node/clients/pubsub/broker.h"
#include "node/clients/sentinel/master_watch.h"
#include "node/clients/tracking/tracking.h"
#include "node/messages/line_limiter.h"

namespace node {

class News : public PushOutlet {
 public:
  News(Desk& desk, Output& output);
  // Messages of clients and of the keyspace at data doors, events of the cluster at the sentinel's.
  [[nodiscard]] Broker& broker_of(const Session& session);
  [[nodiscard]] Tracking& tracking() { return tracking_; }
  void push(Session& session, std::string_view text) override { output_.push(session, text); }
  void receive(const FromConsensus& message);
  void forget(Session& session);
  // Before the batches of the turn leave: what was published goes to a node before what its
  // publisher proposed afterwards.
  void tell_others();

  // ---- elements of the log ----
  // What those of an entry are to tell. `is_replayed`: it may have been told before.
  void begin_entry(engine::Effects& effects, bool is_replayed);
  // The same, when a client has begun or ended to listen within an element.
  void ask_of(engine::Effects& effects) const;
  // Of one that was applied; its reply is complete. `by`: the client of this node that sent it.
  void deliver(engine::Effects& effects, LogIndex index, const Session* by);

  // ---- reads ----
  [[nodiscard]] engine::ReadObserver observer(bool remembers);
  void deliver_read(const Session& session);  // it was answered
  void forget_read();                         // it was not, and will be asked again
  // The keys of a command that only reads, to be tracked for its client.
  static void note_reads(const engine::CommandSpec& spec, engine::Arguments argv,
                         std::vector<engine::KeyNote>& notes);
  void note_read(const engine::CommandSpec& spec, engine::Arguments argv) {
    note_reads(spec, argv, read_keys_);
  }

 private:
  void on(const PubsubLost& message);
  void look_at_master();
  void tell_events(std::vector<engine::KeyspaceEvent> events);

  Desk& desk_;
  Output& output_;
  Broker broker_, sentinel_broker_;
  sentinel::MasterWatch master_watch_;
  Tracking tracking_;
  LineLimiter lines_;
  bool is_replayed_ = false;  // the entry that is being applied
  // Of the read that is being answered.
  std::vector<engine::KeyspaceEvent> misses_;
  std::vector<engine::KeyNote> read_keys_;
};

}  // namespace node
