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
  std::string_view name;
  std::int64_t seen_ms = 0;  // when it was last heard, by the log's time
  std::uint64_t number = 0;  // within its group, never given again
  std::set<StreamId> pending;
};

struct StreamPending {
  StreamConsumer* consumer = nullptr;  // of the same group
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 1;
};

// The stream of a group, which gives its chunks their places.
class StreamSlots {
 public:
  // A chunk's new place, of the group at `group_slot`, for ids from `first` on.
  virtual std::uint32_t take_chunk(std::uint32_t group_slot, const StreamId& first) = 0;
  virtual void drop_chunk(std::uint32_t slot) = 0;
  // Before the chunk there changes.
  virtual void touch_chunk(std::uint32_t slot) = 0;
  // The touched chunk there now covers ids from `first` on.
  virtual void lower_chunk(std::uint32_t slot, const StreamId& first) = 0;
  virtual void note_pending(std::int64_t change) = 0;

 protected:
  ~StreamSlots() = default;
};

// What is pending lies in chunks of up to kChunkEntries neighbours, each a segment of checkpoints.
// A chunk covers the ids from its own first one up to the next chunk's; an entry below all of them
// lowers the first chunk. Consumers have numbers by which chunks name them.
class StreamGroup {
 public:
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::uint32_t kChunkEntries = 128;

  StreamGroup(StreamSlots& slots, std::uint32_t slot) : slots_(slots), slot_(slot) {}
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;

  StreamId last_id;
  std::int64_t entries_read = kUnknown;
  std::map<std::string, StreamConsumer, std::less<>> consumers;  // nodes do not move

  [[nodiscard]] const std::map<StreamId, StreamPending>& pending() const { return pending_; }
  // For a change; null if it is not pending.
  [[nodiscard]] StreamPending* edit_pending(const StreamId& id);
  // Made if it is not there.
  StreamConsumer& consumer(std::string_view name, std::int64_t now_ms);
  // Gives an entry to a consumer, from whomever has it.
  StreamPending& assign(const StreamId& id, StreamConsumer& consumer);
  bool acknowledge(const StreamId& id);
  // Returns how many entries it had pending, which are forgotten.
  std::uint64_t remove_consumer(std::string_view name);
  // Before the group goes: its chunks give up their places.
  void drop_chunks();
  // About `count` entries of a group that nobody uses any more; true when none is left.
  bool free_some(std::size_t count);

  // ---- rows: what is in no chunk, and chunks by their first id ----
  void encode(std::string& out) const;
  void encode_chunk(const StreamId& first, std::string& out) const;
  [[nodiscard]] bool decode(std::string_view bytes);
  [[nodiscard]] bool decode_chunk(std::uint32_t slot, const StreamId& first,
                                  std::string_view bytes);
  // All chunks are there: whether each holds only what it covers.
  [[nodiscard]] bool finish_load();

 private:
  struct Chunk {
    std::uint32_t slot = 0, count = 0;
  };
  using Chunks = std::map<StreamId, Chunk>;

  [[nodiscard]] Chunks::iterator chunk_for(const StreamId& id);
  [[nodiscard]] std::map<StreamId, StreamPending>::const_iterator chunk_begin(
      Chunks::const_iterator chunk) const;
  [[nodiscard]] Chunks::iterator chunk_to_hold(const StreamId& id);
  StreamPending& insert(const StreamId& id);
  void split(Chunks::iterator chunk, const StreamId& inserted);

  StreamSlots& slots_;
  std::uint32_t slot_;
  std::uint64_t consumers_made_ = 0;
  std::map<StreamId, StreamPending> pending_;
  Chunks chunks_;
  std::map<std::uint64_t, StreamConsumer*> numbered_;  // while it is loaded
};

}  // namespace engine
