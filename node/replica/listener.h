// What a replica tells those who serve its clients. It calls this from within its own calls; a
// listener may propose and read meanwhile, and must not apply, load or end a turn.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "engine/elements/batch.h"
#include "engine/elements/effects.h"
#include "engine/elements/exec_observer.h"
#include "node/replica/waiter.h"

namespace node {

// Where the reply of an element goes: it is appended to `out`, which stays where it is until
// on_applied.
struct ReplyPlace {
  std::string* out = nullptr;  // nullptr: nobody waits any more
  std::uint8_t version = 2;
  engine::LocalCommands* local = nullptr;  // an EXEC of this node's client
  engine::ExecObserver* observer = nullptr;
  bool tracks_reads = false;  // of a script: its client is to hear of changes of what it reads
  engine::ScriptObserver* script_calls = nullptr;  // told of what a script calls
};

struct AppliedElement {
  const engine::Element& element;
  base::LogIndex index;
  std::span<const engine::users::Denial> denials;  // what was refused to its user
  std::optional<std::uint64_t> wait;  // it gave no reply: its client waits, in this wait of its
};

// Of the elements of the log. Each waiter that was handed to a batch comes back exactly once: by
// on_applying (nobody waits any more), by on_applied, or by on_fate.
class ElementListener {
 public:
  virtual ~ElementListener() = default;

  // What the elements of the next entry are to tell besides replies. `is_replayed`: they stood in
  // the log when the node started, and may have been applied before.
  virtual void on_entry(engine::Effects& effects, bool is_replayed) = 0;
  // What an element has told, behind its reply, if it has told anything or its waiter's reads are
  // tracked; `waiter`: who gets on_applied next, if anybody.
  virtual void on_effects(engine::Effects& effects, const AppliedElement& applied,
                          const Waiter& waiter) = 0;
  // The waiter's element is about to be applied; on_applied follows if a place is given.
  virtual ReplyPlace on_applying(const Waiter& waiter) = 0;
  virtual void on_applied(const Waiter& waiter, const AppliedElement& applied) = 0;
  // They will not be applied, or nobody here will learn whether they were.
  virtual void on_fate(std::span<const Waiter> waiters, WriteFate fate) = 0;
};

class ReplicaListener {
 public:
  virtual ~ReplicaListener() = default;

  // ---- what elements have brought ----
  // An element brought the reply of a client of this node that waited.
  virtual void on_served(const engine::ServedReply& served) = 0;

  // Users, or all of them (`all`), are gone by an element.
  virtual void on_users_ended(bool all, std::span<const std::string> names) = 0;
  virtual void on_users_changed(std::span<const std::string> names) = 0;

  // ---- reads ----
  // What the reader waited for has come, or the ticket has to be asked for anew.
  virtual void on_evidence(base::ConnectionId reader) = 0;
  // Blocked reads that only a leader answers (`all`: every one) are served here no more.
  virtual void on_reads_lost(bool all) = 0;
  // Another engine has taken the place of the one that was there.
  virtual void on_engine_replaced() = 0;

  // ---- clients that wait in the log ----
  // Of a client of this node whose front command waits there.
  [[nodiscard]] virtual std::optional<std::uint64_t> wait_of(base::ConnectionId client) const = 0;
  // Some of them may have been served unseen (`all`: this node hears of the log no more).
  virtual void on_waits_lost(bool all) = 0;

  // ---- the rest ----
  virtual void on_room() = 0;  // the open batch, or memory, has room again
  // Empty: done; else the error as Redis words one.
  virtual void on_saved(std::string_view error) = 0;
  virtual void on_reloaded(std::string_view error) = 0;
};

}  // namespace node
