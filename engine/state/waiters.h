// Clients that wait for a list, sorted set or stream to have something for them, in replicated
// state (DESIGN decision 5): who waits for which keys, since when in the order of the log, until
// when by the log's time, and the command that is carried out for it when one of the keys is ready.
//
// At a key they stand in lines. Those of one line want the same: if the first of them gets nothing,
// nobody behind it does, and nobody behind it is looked at.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/limits.h"
#include "engine/command/command.h"
#include "engine/elements/batch.h"
#include "engine/state/clients_of.h"
#include "engine/state/database_key.h"
#include "engine/types/collection.h"

namespace engine {

// A list, a sorted set, or what a group of a stream has not read.
struct WaitingLine {
  Type type = Type::kList;
  std::string group;  // of a stream
  friend auto operator<=>(const WaitingLine&, const WaitingLine&) = default;
};

struct WaitingClient {
  ClientRef client;
  std::uint64_t sequence = 0;  // in the order in which they began to wait; never used again
  std::uint8_t version = 2;    // RESP version of the reply
  std::uint32_t database = 0;
  base::UnixMillis deadline_ms = 0;  // by the log's time; 0: none
  std::vector<std::string> argv;
  std::vector<std::string> keys;
};

class Waiters {
 public:
  // The commands that a client may wait with are of `commands`, which outlives this.
  explicit Waiters(const CommandTable& commands) : commands_(commands) {}

  void add(WaitingClient waiting);  // its sequence is given here
  [[nodiscard]] const WaitingClient* find(const ClientRef& client) const;
  // nullopt: it does not wait.
  std::optional<WaitingClient> remove(const ClientRef& client);
  [[nodiscard]] std::vector<WaitingClient> drop_all_but(const std::vector<base::NodeId>& kept);
  [[nodiscard]] bool empty() const { return clients_.empty(); }

  // The key was changed: those who wait for it are looked at when the step ends, keys in the order
  // in which they were touched. `is_ready(key, has_group_readers)` is asked only if somebody waits
  // for the key, and its second argument says whether a reader of a stream's group does. O(log n).
  template <class IsReady>
  void touch(std::uint32_t database, std::string_view key, IsReady is_ready);
  // All keys of the database may have changed.
  template <class IsReady>
  void touch_database(std::uint32_t database, IsReady is_ready);
  [[nodiscard]] std::optional<DatabaseKey> take_ready();
  // Whether somebody does for something of this type, at any key of any database.
  [[nodiscard]] bool wait_for(Type type) const { return by_type_.contains(type); }

  // The lines at a key, and who has waited longest in one since `sequence` or later. O(log n).
  [[nodiscard]] std::vector<WaitingLine> lines_at(const DatabaseKey& place) const;
  [[nodiscard]] const WaitingClient* first_since(const DatabaseKey& place, const WaitingLine& line,
                                                 std::uint64_t sequence) const;

  // The clients of one run of a node.
  [[nodiscard]] std::vector<ClientRef> of(base::NodeId node, std::uint64_t epoch) const;
  // Whether there are any that are of none of these nodes.
  [[nodiscard]] bool are_beside(const std::vector<base::NodeId>& nodes) const {
    return has_clients_beside(clients_, nodes);
  }
  // Those of all its other runs.
  [[nodiscard]] std::vector<ClientRef> of_other_runs(base::NodeId node, std::uint64_t epoch) const;
  // Those whose time is up by now_ms; the earliest deadline that is later, if there is one.
  [[nodiscard]] std::vector<ClientRef> expired(base::UnixMillis now_ms,
                                               std::size_t count_max) const;
  [[nodiscard]] std::optional<base::UnixMillis> next_deadline(base::UnixMillis now_ms) const;

  void encode(std::string& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  struct AtKey {
    bool is_ready = false;  // it stands in ready_
    std::map<WaitingLine, std::map<std::uint64_t, ClientRef>> lines;
    [[nodiscard]] bool has_group_readers() const {
      return !lines.empty() && lines.rbegin()->first.type == Type::kStream;  // the last of types
    }
  };
  // Where the client of a blocking command stands: its words say it.
  [[nodiscard]] WaitingLine line_of(const std::vector<std::string>& argv) const;
  void insert(WaitingClient waiting);
  void leave(const WaitingClient& waiting, const std::string& key);
  void make_ready(const DatabaseKey& place, AtKey& at_key);

  const CommandTable& commands_;
  std::map<ClientRef, WaitingClient> clients_;
  std::map<DatabaseKey, AtKey, DatabaseKeyOrder> by_key_;
  std::map<Type, std::size_t> by_type_;  // how many clients; none is absent
  std::set<std::pair<base::UnixMillis, ClientRef>> deadlines_;
  std::deque<DatabaseKey> ready_;  // each once
  std::uint64_t next_sequence_ = 1;
};

template <class IsReady>
void Waiters::touch(std::uint32_t database, std::string_view key, IsReady is_ready) {
  const auto found = by_key_.find(DatabaseKeyView{database, key});
  if (found != by_key_.end() && is_ready(key, found->second.has_group_readers()))
    make_ready(found->first, found->second);
}

template <class IsReady>
void Waiters::touch_database(std::uint32_t database, IsReady is_ready) {
  for (auto found = by_key_.lower_bound(DatabaseKeyView{database, {}});
       found != by_key_.end() && found->first.database == database; ++found) {
    if (is_ready(std::string_view(found->first.key), found->second.has_group_readers()))
      make_ready(found->first, found->second);
  }
}

}  // namespace engine
