// Client-side caching of one node: which clients may hold which keys, and what they are told when a
// key changes (Redis 7.0, CLIENT TRACKING). A node remembers what it has served itself, and tells
// of a change when it applies it. Invariant: a client that was told of a key is told again only if
// it has read the key since; no client keeps a key that has changed without being told, but for one
// whose connection cannot be told anything. Thread: service.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/elements/effects.h"
#include "node/clients/pubsub/broker.h"
#include "node/clients/session_table.h"

namespace node {

class Tracking {
 public:
  // `outlet` and `sessions` outlive this; `self` is a part of client ids.
  Tracking(PushOutlet& outlet, const SessionTable& sessions, base::NodeId self)
      : outlet_(outlet), sessions_(sessions), self_(self) {}

  // ---- modes ----
  // As `mode` says, its prefixes besides those there are.
  void turn_on(Session& session, TrackingMode mode);
  void turn_off(Session& session);
  [[nodiscard]] std::uint64_t clients() const { return clients_; }
  [[nodiscard]] Session* client_of(std::int64_t id) const;

  // ---- keys ----
  // Keys outlive the clients that read them, as in Redis: a change is what removes them.
  [[nodiscard]] bool wants_changes() const { return clients_ > 0 || !keys_.empty(); }
  void remember(const Session& session, std::string_view key);
  // What happened to keys; `by`: the client whose command did it, if it is one of this node.
  void on_notes(const std::vector<engine::KeyNote>& notes, const Session* by);
  void on_flushed();
  // What was read here may have changed unseen: everybody forgets everything.
  void on_lost() { on_flushed(); }
  // Broadcasting clients are told what has changed. Before any read is answered behind the change:
  // who has its answer keeps nothing older than what it saw.
  void tell_changes();
  // At the end of a turn: the changes, and keys above the bound.
  void finish_turn(std::uint64_t keys_max);

  // ---- for INFO ----
  [[nodiscard]] std::uint64_t keys() const { return keys_.size(); }
  [[nodiscard]] std::uint64_t items() const { return items_; }
  [[nodiscard]] std::uint64_t prefixes() const { return prefixes_.size(); }

 private:
  struct Prefix {
    std::set<base::ConnectionId> clients;
    // Keys changed in this turn, and by whom (none: by nobody here).
    std::map<std::string, base::ConnectionId, std::less<>> changed;
  };
  using Keys = std::map<std::string, std::set<base::ConnectionId>, std::less<>>;

  // Whoever has read the key is told, and it is forgotten.
  void invalidate(Keys::iterator place);
  // One that has read the key, if it still tracks what it reads.
  void tell_of(base::ConnectionId id, std::string_view key);
  void note_for_prefixes(const engine::KeyNote& note, const Session* by);
  void tell_prefix(Prefix& prefix);
  void forget_beyond(std::uint64_t keys_max);
  // `value`: the keys as an array, or a null, in the version of whoever gets it.
  void tell(Session& session, const std::vector<std::string_view>& keys, bool is_all = false);

  PushOutlet& outlet_;
  const SessionTable& sessions_;
  base::NodeId self_;
  Keys keys_;
  std::uint64_t items_ = 0, clients_ = 0;
  std::uint64_t added_ = 0;  // keys, since the last turn ended
  std::map<std::string, Prefix, std::less<>> prefixes_;
  std::string cursor_;  // the key that was last forgotten for want of room
};

}  // namespace node
