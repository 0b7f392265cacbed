// Clients that wait for a list, sorted set or stream to have something for them, in replicated
// state (DESIGN decision 5): who waits for which keys, since when in the order of the log, until
// when by the log's time, and the command that is carried out for it when one of the keys is ready.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/limits.h"
#include "engine/batch.h"

namespace engine {

struct WaitingClient {
  ClientRef client;
  std::uint64_t sequence = 0;  // in the order in which they began to wait
  std::uint8_t version = 2;    // RESP version of the reply
  std::uint32_t database = 0;
  base::UnixMillis deadline_ms = 0;  // by the log's time; 0: none
  std::vector<std::string> argv;
  std::vector<std::string> keys;
};

class Waiters {
 public:
  using Place = std::pair<std::uint32_t, std::string>;

  void add(WaitingClient waiting);  // its sequence is given here
  [[nodiscard]] const WaitingClient* find(const ClientRef& client) const;
  // nullopt: it does not wait.
  std::optional<WaitingClient> remove(const ClientRef& client);
  [[nodiscard]] std::vector<WaitingClient> drop_all_but(const std::vector<base::NodeId>& kept);
  [[nodiscard]] bool empty() const { return clients_.empty(); }

  // The key was changed: those who wait for it are looked at when the step ends.
  void touch(std::uint32_t database, std::string_view key);
  // All keys of the database may have changed.
  void touch_database(std::uint32_t database);
  [[nodiscard]] std::optional<Place> take_ready();
  // Who waits for it, in the order in which they began to.
  [[nodiscard]] std::vector<ClientRef> at(const Place& place) const;

  // The clients of one run of a node.
  [[nodiscard]] std::vector<ClientRef> of(base::NodeId node, std::uint64_t epoch) const;
  // Those whose time is up by now_ms; the earliest deadline, if there is one.
  [[nodiscard]] std::vector<ClientRef> expired(base::UnixMillis now_ms,
                                               std::size_t count_max) const;
  [[nodiscard]] std::optional<base::UnixMillis> next_deadline() const;

  void encode(std::string& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  void insert(WaitingClient waiting);

  std::map<ClientRef, WaitingClient> clients_;
  std::map<Place, std::map<std::uint64_t, ClientRef>> by_key_;
  std::set<std::pair<base::UnixMillis, ClientRef>> deadlines_;
  std::deque<Place> ready_;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace engine
