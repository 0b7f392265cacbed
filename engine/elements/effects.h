// What applying an element brings besides its reply: events, replies to clients that waited; and
// what it asks its node for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/command/denial.h"
#include "engine/command/request.h"
#include "engine/elements/batch.h"
#include "engine/elements/script_observer.h"
#include "resp/reply_writer.h"

namespace engine {

// Things that happened while applying and concern clients of this node. Filled only if asked for.
struct KeyspaceEvent {
  std::uint32_t database = 0;
  std::string event;
  std::string key;
};
// What became of a key, whatever database it is in; for clients that keep values.
struct KeyNote {
  enum class How : std::uint8_t {
    kChanged,
    kChangedByNobody,  // no client's command is to blame: expiry, a script
    kRead,             // by a script that a client of this node runs
  };
  std::string key;
  How how = How::kChanged;
};
// What PUBLISH or SPUBLISH said within an EXEC or a script.
struct PublishedMessage {
  bool is_shard = false;
  std::string channel;
  std::string message;
};
// The reply to a client that waited (DESIGN decision 5), wherever it is connected.
struct ServedReply {
  ClientRef client;
  std::uint64_t wait = 0;  // which of its waits it ends (WaitingClient::sequence)
  std::string bytes;
};
struct Effects {
  bool wants_events = false, wants_messages = false, wants_changes = false;
  bool wants_script_reads = false;
  ScriptObserver* script_calls = nullptr;  // of a client of this node; nullptr: nobody
  std::vector<KeyspaceEvent> events;
  std::vector<KeyNote> notes;  // in the order in which it happened
  bool has_flushed = false;    // all keys of a database, or of all, are others now
  std::vector<PublishedMessage> published;
  std::vector<ServedReply> served;
  bool has_new_settings = false;
  std::vector<users::Denial> denials;
  // Users that are gone, or that others of their names have replaced: their connections end.
  std::vector<std::string> ended_users;
  std::vector<std::string> changed_users;  // may have lost rights
  bool ends_all_users = false;             // all but the default one
  // Whether a command that reads has anything to tell.
  [[nodiscard]] bool is_observed() const {
    return wants_events || wants_script_reads || script_calls != nullptr;
  }
  // Something for clients that did not ask.
  [[nodiscard]] bool has_news() const {
    return has_flushed || !notes.empty() || !events.empty() || !published.empty();
  }
};

[[nodiscard]] inline ReadObserver observer_of(Effects& effects) {
  return {.misses = effects.wants_events ? &effects.events : nullptr,
          .script_reads = effects.wants_script_reads ? &effects.notes : nullptr,
          .script_calls = effects.script_calls};
}

// PUBLISH or SPUBLISH with its words, for the subscribers of each node.
inline void publish(const CommandSpec& spec, Arguments argv, Effects& effects) {
  if (!effects.wants_messages) return;
  effects.published.push_back({.is_shard = !spec.key_specs.empty(),
                               .channel = std::string(argv[1]),
                               .message = std::string(argv[2])});
}

// Local commands inside an EXEC: the origin's node answers them at their place; other nodes pass
// nullptr.
class LocalCommands {
 public:
  virtual ~LocalCommands() = default;
  virtual void run_local(std::size_t position_in_exec, const QueuedCommand& command,
                         resp::ReplyWriter& reply) = 0;
};

}  // namespace engine
