// Streams: their rows in a checkpoint, copies, memory.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "engine/types/stream.h"

namespace engine {
namespace {

constexpr std::uint8_t kNode = 0, kGroup = 1, kChunk = 2;
constexpr std::size_t kNodeOverhead = 200;     // its slot and its place in the order
constexpr std::size_t kPendingOverhead = 200;  // an entry that waits, in two orders

void put_id(base::Encoder& out, const StreamId& id) {
  out.u64(id.ms);
  out.u64(id.seq);
}

StreamId take_id(base::Decoder& in) {
  StreamId id;
  id.ms = in.u64();
  id.seq = in.u64();
  return id;
}

}  // namespace

std::size_t Stream::memory_bytes() const {
  return sizeof(Stream) + bytes_ + slots_.size() * kNodeOverhead + pending_ * kPendingOverhead;
}

std::uint64_t Stream::content_bytes() const {
  return bytes_ + slots_.size() * kNodeOverhead + pending_ * kPendingOverhead;
}

CollectionRef Stream::copy() const {
  auto made = std::make_unique<Stream>();
  std::string head;
  encode_head(head);
  bool is_loaded = made->load_head(head);
  for (const auto& [slot, content] : slots_)
    is_loaded = is_loaded && made->load_segment(slot, encode_segment(slot));
  CHECK(is_loaded);
  CHECK(made->finish_load());
  return CollectionRef(std::move(made));
}

void Stream::encode_head(std::string& out) const {
  base::Encoder encoder(out);
  encoder.varint(nodes_.size());
  encoder.varint(groups_.size());
  encoder.varint(chunks_);
  encoder.varint(length_);
  encoder.varint(entries_added_);
  put_id(encoder, last_id_);
  put_id(encoder, first_id_);
  put_id(encoder, max_deleted_id_);
}

std::uint64_t Stream::next_segment(std::uint64_t from) const {
  const auto next =
      from > UINT32_MAX ? slots_.end() : slots_.lower_bound(static_cast<std::uint32_t>(from));
  return next == slots_.end() ? segment_end() : next->first;
}

std::string Stream::encode_segment(std::uint64_t slot) const {
  const auto found =
      slot > UINT32_MAX ? slots_.end() : slots_.find(static_cast<std::uint32_t>(slot));
  if (found == slots_.end()) return {};
  std::string out;
  base::Encoder encoder(out);
  const Slot& one = found->second;
  switch (one.kind) {
    case SlotKind::kGroup:
      encoder.u8(kGroup);
      encoder.bytes(one.listpack);
      one.group->encode(out);
      break;
    case SlotKind::kChunk:
      encoder.u8(kChunk);
      encoder.u32(one.group_slot);
      put_id(encoder, one.id);
      slot_at(one.group_slot).group->encode_chunk(one.id, out);
      break;
    case SlotKind::kNode:
      encoder.u8(kNode);
      put_id(encoder, one.id);
      encoder.bytes(one.listpack);
      break;
  }
  return out;
}

bool Stream::load_head(std::string_view head) {
  base::Decoder in(head);
  nodes_to_load_ = in.varint();
  groups_to_load_ = in.varint();
  chunks_to_load_ = in.varint();
  length_ = in.varint();
  entries_added_ = in.varint();
  last_id_ = take_id(in);
  first_id_ = take_id(in);
  max_deleted_id_ = take_id(in);
  return in.ok() && in.at_end();
}

// Integers where integers belong, as many elements as the counts say.
bool Stream::is_node_valid(const StreamId& id, std::string_view bytes) {
  if (!Listpack::is_valid(bytes)) return false;
  const Listpack node(bytes);
  std::size_t at = Listpack::kFirst;
  const auto take_integer = [&](std::int64_t& number) {
    if (at == node.end() || !node.at(at).is_integer) return false;
    number = node.at(at).number;
    at = node.next(at);
    return true;
  };
  const auto skip = [&](std::int64_t count) {
    for (; count > 0 && at != node.end(); --count) at = node.next(at);
    return count == 0;
  };
  std::int64_t live = 0, deleted = 0, fields = 0, zero = 0;
  if (!take_integer(live) || !take_integer(deleted) || !take_integer(fields) || fields < 0 ||
      live < 1 || deleted < 0 || !skip(fields) || !take_integer(zero) || zero != 0)
    return false;
  StreamId last;
  for (bool has_live = false; at != node.end();) {
    std::int64_t flags = 0, ms = 0, seq = 0, own = 0, elements = 0;
    if (!take_integer(flags) || flags < 0 || flags > 3 || !take_integer(ms) || !take_integer(seq))
      return false;
    const bool is_same = (flags & 2) != 0;
    if (!is_same && (!take_integer(own) || own < 0)) return false;
    if (own > static_cast<std::int64_t>(bytes.size())) return false;
    const std::int64_t expected = is_same ? fields + 3 : 2 * own + 4;
    if (!skip(is_same ? fields : 2 * own) || !take_integer(elements) || elements != expected)
      return false;
    const StreamId here{id.ms + static_cast<std::uint64_t>(ms),
                        id.seq + static_cast<std::uint64_t>(seq)};
    // XSETID may go back behind removed entries, so only those that live are in order.
    const bool is_live = (flags & 1) == 0;
    if (here < id || (is_live && has_live && here <= last)) return false;
    if (is_live) last = here;
    has_live = has_live || is_live;
    is_live ? --live : --deleted;
  }
  return live == 0 && deleted == 0;
}

bool Stream::append_node(const StreamId& id, std::string listpack) {
  if (!is_node_valid(id, listpack)) return false;
  const std::optional<StreamId> last = edge(false);
  if (last && (id <= nodes_.rbegin()->first || id <= *last)) return false;
  const std::uint32_t slot = take_slot(SlotKind::kNode);
  Slot& node = slot_at(slot);
  node.id = id;
  node.listpack = std::move(listpack);
  nodes_.emplace(id, slot);
  bytes_ += node.listpack.size();
  length_ += static_cast<std::uint64_t>(master_of(Listpack(node.listpack)).count);
  return true;
}

bool Stream::load_segment(std::uint64_t slot, std::string_view bytes) {
  const std::uint64_t end = segment_end();
  if (slot < end || slot >= UINT32_MAX) return false;
  base::Decoder in(bytes);
  Slot one;
  const std::uint8_t kind = in.u8();
  const auto number = static_cast<std::uint32_t>(slot);
  if (kind == kGroup) {
    one.kind = SlotKind::kGroup;
    one.listpack = in.bytes();
    one.group = std::make_unique<StreamGroup>(*this, number);
    if (!in.ok() || !one.group->decode(in.rest()) || !groups_.emplace(one.listpack, number).second)
      return false;
  } else if (kind == kChunk) {
    one.kind = SlotKind::kChunk;
    one.group_slot = in.u32();
    one.id = take_id(in);
    one.listpack = in.rest();  // until its group is there
    if (!in.ok()) return false;
    ++chunks_;
  } else if (kind == kNode) {
    one.id = take_id(in);
    one.listpack = in.bytes();
    if (!in.ok() || !in.at_end() || !is_node_valid(one.id, one.listpack) ||
        !nodes_.emplace(one.id, number).second)
      return false;
    bytes_ += one.listpack.size();
  } else {
    return false;
  }
  if (slot > end)
    free_slots_.emplace_hint(free_slots_.end(), static_cast<std::uint32_t>(end), number);
  slots_.emplace_hint(slots_.end(), number, std::move(one));
  return true;
}

bool Stream::load_chunks() {
  for (auto& [slot, chunk] : slots_) {
    if (chunk.kind != SlotKind::kChunk) continue;
    const std::string bytes = std::exchange(chunk.listpack, {});
    const auto found = slots_.find(chunk.group_slot);
    StreamGroup* group = found == slots_.end() ? nullptr : found->second.group.get();
    if (group == nullptr || !group->decode_chunk(slot, chunk.id, bytes)) return false;
  }
  for (const auto& [name, slot] : groups_) {
    if (!slot_at(slot).group->finish_load()) return false;
  }
  return true;
}

bool Stream::finish_load() {
  if (nodes_.size() != nodes_to_load_ || groups_.size() != groups_to_load_) return false;
  if (chunks_ != chunks_to_load_ || !load_chunks()) return false;
  std::uint64_t live = 0;
  StreamId last;
  for (const auto& [id, slot] : nodes_) {
    const auto entries = live_entries(slot_at(slot));
    if (!entries.empty() && live > 0 && entries.front().entry.id <= last) return false;
    live += entries.size();
    if (!entries.empty()) last = entries.back().entry.id;
  }
  return live == length_ && last <= last_id_;
}

bool Stream::free_some(std::size_t count) {
  constexpr std::size_t kEntriesPerNode = 64;
  for (std::size_t left = count / kEntriesPerNode + 1; left > 0 && !slots_.empty(); --left) {
    const auto last = std::prev(slots_.end());
    if (last->second.group != nullptr && !last->second.group->free_some(count)) return false;
    slots_.erase(last);
    // The indexes shrink with what they lead to, and are not used any more.
    if (!nodes_.empty()) nodes_.erase(std::prev(nodes_.end()));
    if (!groups_.empty()) groups_.erase(std::prev(groups_.end()));
  }
  return slots_.empty();
}

}  // namespace engine
