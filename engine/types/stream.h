// Streams: entries of fields and values, ordered by id, added at the end. Nodes of up to
// stream-node-max-bytes and -entries hold them, each a listpack that begins with a master entry
// (how many entries live and are deleted, the names of the fields of its first entry); an entry
// with the same names leaves them out. Nodes are laid out and break where Redis's do, so that
// approximate trimming and DUMP agree. A removed entry is only marked until its node goes. Layout:
// nodes, consumer groups and chunks of what is pending lie at slots (a slot is a segment of
// checkpoints, the lowest free one is taken first), an ordered map finds a node by its first id.
// Cost: O(log nodes + size of a node).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/types/collection.h"
#include "engine/types/stream_entry.h"
#include "engine/types/stream_group.h"
#include "engine/types/value.h"

namespace engine {

class Stream final : public Collection, public StreamSlots {
 public:
  [[nodiscard]] Type type() const override { return Type::kStream; }
  [[nodiscard]] std::string_view encoding() const override { return "stream"; }
  [[nodiscard]] std::uint64_t count() const override { return length_; }
  [[nodiscard]] std::size_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t content_bytes() const override;
  [[nodiscard]] CollectionRef copy() const override;

  void encode_head(std::string& out) const override;
  [[nodiscard]] std::uint64_t segment_end() const override {
    return slots_.empty() ? 0 : std::uint64_t{slots_.rbegin()->first} + 1;
  }
  [[nodiscard]] std::uint64_t next_segment(std::uint64_t from) const override;
  [[nodiscard]] std::string encode_segment(std::uint64_t slot) const override;
  [[nodiscard]] bool load_head(std::string_view head) override;
  [[nodiscard]] bool load_segment(std::uint64_t slot, std::string_view bytes) override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

  // ---- reading ----
  [[nodiscard]] const StreamId& last_id() const { return last_id_; }
  [[nodiscard]] const StreamId& first_id() const { return first_id_; }
  [[nodiscard]] const StreamId& max_deleted_id() const { return max_deleted_id_; }
  [[nodiscard]] std::uint64_t entries_added() const { return entries_added_; }
  [[nodiscard]] std::uint64_t node_count() const { return nodes_.size(); }
  // Calls `visit(entry)` for the entries from first to last (both included), in order or backwards,
  // until it returns false.
  template <class Visit>
  void visit(const StreamId& first, const StreamId& last, bool is_backwards, Visit visit) const;
  [[nodiscard]] bool contains(const StreamId& id) const;
  // The id of the first or last entry; nullopt if there is none.
  [[nodiscard]] std::optional<StreamId> edge(bool is_first) const;
  // How many entries were ever added up to `id`, as far as it can be told (kUnknown else).
  [[nodiscard]] std::int64_t entries_up_to(const StreamId& id) const;
  // Whether an entry behind `first` was removed.
  [[nodiscard]] bool has_tombstones_from(const StreamId& first) const;

  // ---- entries ----
  // The id must be above last_id(). `words`: names and values in turn.
  void add(const StreamId& id, std::span<const std::string_view> words, StreamNodeLimits limits);
  bool remove(const StreamId& id);
  std::uint64_t trim(const StreamTrim& trim);
  // XDEL is over: the first id and the highest removed one follow.
  void note_removed(const StreamId& id);
  void refresh_first_id();
  void set_last_id(const StreamId& id) { last_id_ = id; }
  void set_entries_added(std::uint64_t count) { entries_added_ = count; }
  void set_max_deleted_id(const StreamId& id) { max_deleted_id_ = id; }
  void set_first_id(const StreamId& id) { first_id_ = id; }

  // ---- groups ----
  [[nodiscard]] const std::map<std::string, std::uint32_t, std::less<>>& group_slots() const {
    return groups_;
  }
  [[nodiscard]] const StreamGroup* group(std::string_view name) const;
  // For a change; null if there is none.
  [[nodiscard]] StreamGroup* edit_group(std::string_view name);
  StreamGroup* add_group(std::string_view name);  // null if it is there already
  bool remove_group(std::string_view name);

  // ---- for DUMP and RESTORE: whole nodes ----
  template <class Visit>
  void for_each_node(Visit visit) const {
    for (const auto& [id, slot] : nodes_) visit(id, std::string_view(slot_at(slot).listpack));
  }
  // A node of unknown origin with its entries, which are counted; the ids are the caller's to set.
  // False: it is malformed, or not behind all that is there.
  [[nodiscard]] bool append_node(const StreamId& id, std::string listpack);

 private:
  enum class SlotKind : std::uint8_t { kNode, kGroup, kChunk };
  struct Slot {
    SlotKind kind = SlotKind::kNode;
    std::uint32_t group_slot = 0;  // of a chunk
    StreamId id;                   // of a node: its first entry's; of a chunk: its first
    std::string listpack;          // of a node; of a group: its name; of a chunk that is being
                                   // loaded: its bytes
    std::unique_ptr<StreamGroup> group;  // of a group
  };
  // An entry within a node, from the offset of its flags.
  struct Parsed {
    StreamEntry entry;
    std::size_t flags_at = 0;
    std::int64_t flags = 0;
    std::size_t next = 0;
  };
  struct Master {
    std::int64_t count = 0, deleted = 0, fields = 0;
    std::size_t count_at = 0, deleted_at = 0, names_at = 0, first_entry = 0;
  };

  [[nodiscard]] static Master master_of(const Listpack& node);
  [[nodiscard]] static Parsed parse(const Listpack& node, const StreamId& node_id,
                                    const Master& master, std::size_t offset);
  [[nodiscard]] static std::vector<Parsed> live_entries(const Slot& node);
  [[nodiscard]] static bool is_node_valid(const StreamId& id, std::string_view bytes);
  std::uint32_t take_chunk(std::uint32_t group_slot, const StreamId& first) override;
  void drop_chunk(std::uint32_t slot) override;
  void touch_chunk(std::uint32_t slot) override { about_to_change(slot); }
  void lower_chunk(std::uint32_t slot, const StreamId& first) override { slot_at(slot).id = first; }
  void note_pending(std::int64_t change) override {
    pending_ += static_cast<std::uint64_t>(change);
  }
  [[nodiscard]] bool load_chunks();
  [[nodiscard]] std::uint32_t take_slot(SlotKind kind);
  void drop_slot(std::uint32_t slot);
  void drop_node(const StreamId& id);
  [[nodiscard]] bool fits(const Slot& node, std::size_t word_bytes, StreamNodeLimits limits) const;
  void start_node(const StreamId& id, std::span<const std::string_view> words);
  void append_entry(Slot& node, const StreamId& id, std::span<const std::string_view> words);
  [[nodiscard]] std::map<StreamId, std::uint32_t>::const_iterator node_for(
      const StreamId& id) const;
  std::uint64_t trim_within(const StreamId& node_id, const StreamTrim& trim);
  [[nodiscard]] const Slot& slot_at(std::uint32_t slot) const;
  [[nodiscard]] Slot& slot_at(std::uint32_t slot) {
    return const_cast<Slot&>(std::as_const(*this).slot_at(slot));
  }
  std::map<std::uint32_t, Slot> slots_;
  std::map<std::uint32_t, std::uint32_t> free_slots_;  // runs of them, first and end
  std::map<StreamId, std::uint32_t> nodes_;
  std::map<std::string, std::uint32_t, std::less<>> groups_;
  std::uint64_t length_ = 0, entries_added_ = 0;
  StreamId last_id_, first_id_, max_deleted_id_;
  std::size_t bytes_ = 0;
  std::uint64_t pending_ = 0, chunks_ = 0;
  std::uint64_t nodes_to_load_ = 0, groups_to_load_ = 0, chunks_to_load_ = 0;
};

// Owns a stream while it is changed; made empty with its first XADD or XGROUP CREATE.
class StreamOwner {
 public:
  StreamOwner() : stream_(std::make_unique<Stream>()) {}
  explicit StreamOwner(Value&& value) : stream_(value.take_collection()) {}
  [[nodiscard]] Value release() && { return Value::from_collection(std::move(stream_)); }
  [[nodiscard]] bool is_empty() const { return false; }  // a stream without entries stays
  [[nodiscard]] Stream& operator*() const { return static_cast<Stream&>(*stream_); }
  [[nodiscard]] Stream* operator->() const { return &**this; }

 private:
  CollectionRef stream_;
};

template <class Visit>
void Stream::visit(const StreamId& first, const StreamId& last, bool is_backwards,
                   Visit visit) const {
  if (last < first || nodes_.empty()) return;
  auto node = node_for(is_backwards ? last : first);
  if (node == nodes_.end()) {
    if (is_backwards) return;
    node = nodes_.begin();
  }
  while (node != nodes_.end()) {
    if (!is_backwards && node->first > last) return;
    auto entries = live_entries(slot_at(node->second));
    const std::size_t size = entries.size();
    for (std::size_t i = 0; i < size; ++i) {
      const StreamEntry& entry = entries[is_backwards ? size - 1 - i : i].entry;
      if (is_backwards ? entry.id > last : entry.id < first) continue;
      if (is_backwards ? entry.id < first : entry.id > last) return;
      if (!visit(entry)) return;
    }
    if (!is_backwards) {
      ++node;
    } else if (node == nodes_.begin()) {
      return;
    } else {
      --node;
    }
  }
}

}  // namespace engine
