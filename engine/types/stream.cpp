// Entries of a stream: adding, removing, trimming, finding. Its rows stand in stream_rows.cpp.
#include "engine/types/stream.h"

#include <algorithm>

#include "base/check.h"
#include "base/number.h"
#include "base/saturate.h"

namespace engine {
namespace {

constexpr std::int64_t kDeleted = 1, kSameFields = 2;
constexpr std::size_t kNodeBytesMax = 1U << 30;

}  // namespace

// ---- nodes ----

Stream::Master Stream::master_of(const Listpack& node) {
  Master master;
  master.count_at = Listpack::kFirst;
  master.count = node.at(master.count_at).number;
  master.deleted_at = node.next(master.count_at);
  master.deleted = node.at(master.deleted_at).number;
  std::size_t at = node.next(master.deleted_at);
  master.fields = node.at(at).number;
  at = master.names_at = node.next(at);
  for (std::int64_t left = master.fields; left > 0; --left) at = node.next(at);
  master.first_entry = node.next(at);  // behind the 0 that ends the master entry
  return master;
}

Stream::Parsed Stream::parse(const Listpack& node, const StreamId& node_id, const Master& master,
                             std::size_t offset) {
  Parsed parsed;
  parsed.flags_at = offset;
  parsed.flags = node.at(offset).number;
  std::size_t at = node.next(offset);
  parsed.entry.id.ms = node_id.ms + static_cast<std::uint64_t>(node.at(at).number);
  at = node.next(at);
  parsed.entry.id.seq = node_id.seq + static_cast<std::uint64_t>(node.at(at).number);
  at = node.next(at);
  parsed.entry.node = node;
  std::uint64_t elements = static_cast<std::uint64_t>(master.fields);
  if ((parsed.flags & kSameFields) != 0) {
    parsed.entry.names = master.names_at;
    parsed.entry.fields = elements;
  } else {
    parsed.entry.fields = static_cast<std::uint64_t>(node.at(at).number);
    elements = 2 * parsed.entry.fields;
    at = node.next(at);
  }
  parsed.entry.values = at;
  while (elements-- > 0) at = node.next(at);
  parsed.next = node.next(at);  // behind the count of elements
  return parsed;
}

std::vector<Stream::Parsed> Stream::live_entries(const Slot& slot) {
  const Listpack node(slot.listpack);
  const Master master = master_of(node);
  std::vector<Parsed> entries;
  entries.reserve(static_cast<std::size_t>(master.count));
  for (std::size_t at = master.first_entry; at != node.end();) {
    Parsed parsed = parse(node, slot.id, master, at);
    at = parsed.next;
    if ((parsed.flags & kDeleted) == 0) entries.push_back(parsed);
  }
  return entries;
}

// The node that an entry of this id would be in; the end if it comes before all.
std::map<StreamId, std::uint32_t>::const_iterator Stream::node_for(const StreamId& id) const {
  auto node = nodes_.upper_bound(id);
  return node == nodes_.begin() ? nodes_.end() : --node;
}

const Stream::Slot& Stream::slot_at(std::uint32_t slot) const {
  const auto found = slots_.find(slot);
  CHECK(found != slots_.end());
  return found->second;
}

std::uint32_t Stream::take_slot(SlotKind kind) {
  auto slot = static_cast<std::uint32_t>(segment_end());
  if (!free_slots_.empty()) {
    auto run = free_slots_.extract(free_slots_.begin());
    slot = run.key()++;
    if (run.key() < run.mapped()) free_slots_.insert(std::move(run));
  }
  about_to_change(slot);
  slots_[slot].kind = kind;
  return slot;
}

void Stream::drop_slot(std::uint32_t slot) {
  about_to_change(slot);
  slots_.erase(slot);
  const auto behind = free_slots_.lower_bound(slot);
  const bool joins_behind = behind != free_slots_.end() && behind->first == slot + 1;
  const std::uint32_t end = joins_behind ? behind->second : slot + 1;
  if (joins_behind) free_slots_.erase(behind);
  const auto above = free_slots_.upper_bound(slot);
  const auto before = above == free_slots_.begin() ? free_slots_.end() : std::prev(above);
  if (before != free_slots_.end() && before->second == slot) {
    before->second = end;
  } else {
    free_slots_[slot] = end;
  }
  const auto last = std::prev(free_slots_.end());
  if (last->first >= segment_end()) free_slots_.erase(last);
}

void Stream::drop_node(const StreamId& id) {
  const auto node = nodes_.find(id);
  bytes_ -= slot_at(node->second).listpack.size();
  drop_slot(node->second);
  nodes_.erase(node);
}

// ---- adding ----

bool Stream::fits(const Slot& node, std::size_t word_bytes, StreamNodeLimits limits) const {
  std::size_t bytes_max = limits.bytes_max;
  if (bytes_max == 0 || bytes_max > kNodeBytesMax) bytes_max = kNodeBytesMax;
  if (node.listpack.size() + word_bytes >= bytes_max) return false;
  if (limits.entries_max == 0) return true;
  const Master master = master_of(Listpack(node.listpack));
  return static_cast<std::uint64_t>(master.count + master.deleted) < limits.entries_max;
}

void Stream::start_node(const StreamId& id, std::span<const std::string_view> words) {
  // Entries of a stream are much alike: a node that has the room of the one before it at once
  // leaves no holes behind by growing.
  constexpr std::size_t kExpectedMax = 8192;
  const std::size_t before =
      nodes_.empty() ? 0 : slot_at(nodes_.rbegin()->second).listpack.size();
  const std::uint32_t slot = take_slot(SlotKind::kNode);
  Slot& node = slot_at(slot);
  node.id = id;
  node.listpack.reserve(std::min(before, kExpectedMax));
  node.listpack += Listpack::empty();
  Listpack::append_integer(node.listpack, 0);  // entries
  Listpack::append_integer(node.listpack, 0);  // of them deleted
  Listpack::append_integer(node.listpack, static_cast<std::int64_t>(words.size() / 2));
  for (std::size_t i = 0; i < words.size(); i += 2) Listpack::append(node.listpack, words[i]);
  Listpack::append_integer(node.listpack, 0);
  nodes_.emplace(id, slot);
}

void Stream::append_entry(Slot& node, const StreamId& id, std::span<const std::string_view> words) {
  const Listpack before(node.listpack);
  const Master master = master_of(before);
  bool has_same_fields = static_cast<std::int64_t>(words.size() / 2) == master.fields;
  std::size_t name = master.names_at;
  for (std::size_t i = 0; i < words.size() && has_same_fields; i += 2, name = before.next(name))
    has_same_fields = before.at(name).equals(words[i]);
  Listpack::replace_integer(node.listpack, master.count_at, master.count + 1);
  std::string entry = Listpack::empty();
  Listpack::append_integer(entry, has_same_fields ? kSameFields : 0);
  Listpack::append_integer(entry, static_cast<std::int64_t>(id.ms - node.id.ms));
  Listpack::append_integer(entry, static_cast<std::int64_t>(id.seq - node.id.seq));
  const auto fields = static_cast<std::int64_t>(words.size() / 2);
  if (!has_same_fields) Listpack::append_integer(entry, fields);
  for (std::size_t i = has_same_fields ? 1 : 0; i < words.size(); i += has_same_fields ? 2 : 1)
    Listpack::append(entry, words[i]);
  Listpack::append_integer(entry, has_same_fields ? fields + 3 : 2 * fields + 4);
  Listpack::splice(node.listpack, node.listpack.size() - 1, entry);
}

void Stream::add(const StreamId& id, std::span<const std::string_view> words,
                 StreamNodeLimits limits) {
  CHECK(id > last_id_ && words.size() % 2 == 0);
  std::size_t word_bytes = 0;
  for (const std::string_view word : words) word_bytes += word.size();
  if (nodes_.empty() || !fits(slot_at(nodes_.rbegin()->second), word_bytes, limits)) {
    if (!nodes_.empty()) slot_at(nodes_.rbegin()->second).listpack.shrink_to_fit();
    start_node(id, words);
    bytes_ += slot_at(nodes_.rbegin()->second).listpack.size();
  }
  const std::uint32_t slot = nodes_.rbegin()->second;
  about_to_change(slot);
  bytes_ -= slot_at(slot).listpack.size();
  append_entry(slot_at(slot), id, words);
  bytes_ += slot_at(slot).listpack.size();
  ++length_;
  ++entries_added_;
  last_id_ = id;
  if (length_ == 1) first_id_ = id;
}

// ---- removing ----

bool Stream::remove(const StreamId& id) {
  const auto found = node_for(id);
  if (found == nodes_.end()) return false;
  Slot& node = slot_at(found->second);
  for (const Parsed& parsed : live_entries(node)) {
    if (parsed.entry.id != id) continue;
    const Master master = master_of(Listpack(node.listpack));
    --length_;
    if (master.count == 1) {
      drop_node(found->first);
      return true;
    }
    about_to_change(found->second);
    bytes_ -= node.listpack.size();
    Listpack::replace_integer(node.listpack, parsed.flags_at, parsed.flags | kDeleted);
    Listpack::replace_integer(node.listpack, master.deleted_at, master.deleted + 1);
    Listpack::replace_integer(node.listpack, master.count_at, master.count - 1);
    bytes_ += node.listpack.size();
    return true;
  }
  return false;
}

// Marks entries of a node, which keeps at least one.
std::uint64_t Stream::trim_within(const StreamId& node_id, const StreamTrim& trim) {
  const std::uint32_t slot = nodes_.find(node_id)->second;
  about_to_change(slot);
  Slot& node = slot_at(slot);
  const auto entries = live_entries(node);
  std::size_t marked = 0;
  while (trim.by == StreamTrim::By::kLength ? length_ - marked > trim.length
                                            : entries[marked].entry.id < trim.id)
    ++marked;
  bytes_ -= node.listpack.size();
  // From behind: flags of a node that came from elsewhere may change their width.
  for (std::size_t i = marked; i-- > 0;)
    Listpack::replace_integer(node.listpack, entries[i].flags_at, entries[i].flags | kDeleted);
  length_ -= marked;
  const Master master = master_of(Listpack(node.listpack));
  const auto change = static_cast<std::int64_t>(marked);
  Listpack::replace_integer(node.listpack, master.deleted_at, master.deleted + change);
  Listpack::replace_integer(node.listpack, master.count_at, master.count - change);
  bytes_ += node.listpack.size();
  return marked;
}

std::uint64_t Stream::trim(const StreamTrim& trim) {
  std::uint64_t removed = 0;
  while (!nodes_.empty() && trim.by != StreamTrim::By::kNothing) {
    if (trim.by == StreamTrim::By::kLength && length_ <= trim.length) break;
    const StreamId id = nodes_.begin()->first;
    const Slot& node = slot_at(nodes_.begin()->second);
    const auto entries = static_cast<std::uint64_t>(master_of(Listpack(node.listpack)).count);
    if (trim.limit != 0 && removed + entries > trim.limit) break;
    const bool goes_whole = trim.by == StreamTrim::By::kLength
                                ? length_ - entries >= trim.length
                                : live_entries(node).back().entry.id < trim.id;
    if (goes_whole) {
      drop_node(id);
      length_ -= entries;
      removed += entries;
      continue;
    }
    if (!trim.is_approximate) removed += trim_within(id, trim);
    break;
  }
  if (removed > 0 || length_ == 0) refresh_first_id();  // also of what was empty before
  return removed;
}

void Stream::note_removed(const StreamId& id) { max_deleted_id_ = std::max(max_deleted_id_, id); }

void Stream::refresh_first_id() { first_id_ = edge(true).value_or(StreamId{}); }

// ---- finding ----

bool Stream::contains(const StreamId& id) const {
  bool is_there = false;
  visit(id, id, false, [&](const StreamEntry&) { return is_there = true; });
  return is_there;
}

std::optional<StreamId> Stream::edge(bool is_first) const {
  std::optional<StreamId> id;
  visit({}, StreamId::highest(), !is_first, [&](const StreamEntry& entry) {
    id = entry.id;
    return false;
  });
  return id;
}

bool Stream::has_tombstones_from(const StreamId& first) const {
  if (length_ == 0 || max_deleted_id_.is_zero() || first_id_ > max_deleted_id_) return false;
  return first <= max_deleted_id_;
}

std::int64_t Stream::entries_up_to(const StreamId& id) const {
  const auto added = static_cast<std::int64_t>(entries_added_);
  if (entries_added_ == 0) return 0;
  if (length_ == 0 && id <= last_id_) return added;
  if (id == last_id_) return added;
  if (id > last_id_) return StreamGroup::kUnknown;
  if (max_deleted_id_.is_zero() || max_deleted_id_ < first_id_) {
    const auto before = static_cast<std::int64_t>(entries_added_ - length_);
    if (id < first_id_) return before;
    if (id == first_id_) return base::saturated_sum(before, 1);
  }
  return StreamGroup::kUnknown;
}

// ---- groups ----

const StreamGroup* Stream::group(std::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : slot_at(found->second).group.get();
}

StreamGroup* Stream::edit_group(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return nullptr;
  about_to_change(found->second);
  return slot_at(found->second).group.get();
}

StreamGroup* Stream::add_group(std::string_view name) {
  if (groups_.contains(name)) return nullptr;
  const std::uint32_t slot = take_slot(SlotKind::kGroup);
  slot_at(slot).listpack = name;
  slot_at(slot).group = std::make_unique<StreamGroup>(*this, slot);
  groups_.emplace(name, slot);
  return slot_at(slot).group.get();
}

bool Stream::remove_group(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return false;
  slot_at(found->second).group->drop_chunks();
  drop_slot(found->second);
  groups_.erase(found);
  return true;
}

std::uint32_t Stream::take_chunk(std::uint32_t group_slot, const StreamId& first) {
  const std::uint32_t slot = take_slot(SlotKind::kChunk);
  slot_at(slot).group_slot = group_slot;
  slot_at(slot).id = first;
  ++chunks_;
  return slot;
}

void Stream::drop_chunk(std::uint32_t slot) {
  drop_slot(slot);
  --chunks_;
}

}  // namespace engine
