// Consumer groups of a stream: how far a group has read, and which entries its consumers have not
// yet acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/types/stream_id.h"

namespace engine {

struct StreamConsumer {
  std::int64_t seen_ms = 0;  // when it was last heard, by the log's time
  std::set<StreamId> pending;
};

struct StreamPending {
  StreamConsumer* consumer = nullptr;  // of the same group
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 1;
};

struct StreamGroup {
  static constexpr std::int64_t kUnknown = -1;

  StreamId last_id;
  std::int64_t entries_read = kUnknown;
  std::map<StreamId, StreamPending> pending;
  std::map<std::string, StreamConsumer, std::less<>> consumers;  // nodes do not move

  StreamGroup() = default;
  StreamGroup(const StreamGroup& other) { *this = other; }
  StreamGroup& operator=(const StreamGroup& other);

  // Made if it is not there.
  StreamConsumer& consumer(std::string_view name, std::int64_t now_ms);
  // Gives an entry to a consumer, from whomever has it.
  StreamPending& assign(const StreamId& id, StreamConsumer& consumer);
  bool acknowledge(const StreamId& id);
  // Returns how many entries it had pending, which are forgotten.
  std::uint64_t remove_consumer(std::string_view name);
  [[nodiscard]] std::string_view name_of(const StreamConsumer* consumer) const;

  void encode(std::string& out) const;
  [[nodiscard]] bool decode(std::string_view bytes);
};

}  // namespace engine
