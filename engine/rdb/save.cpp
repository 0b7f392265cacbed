#include "engine/rdb/save.h"

#include "engine/rdb/object_type.h"
#include "engine/rdb/wire.h"
#include "engine/types/hash.h"
#include "engine/types/list.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "engine/types/stream.h"

namespace engine::rdb {
namespace {

void put_type(std::string& out, ObjectType type) { out.push_back(static_cast<char>(type)); }

void put_string(std::string& out, std::string_view bytes) {
  put_string(out, bytes, Compression::kLzf);
}

void put_time(std::string& out, std::int64_t ms) { put_u64(out, static_cast<std::uint64_t>(ms)); }

void save_string(std::string& out, const ValueView& value) {
  char scratch[kScratchBytes];
  put_type(out, ObjectType::kString);
  put_string(out, value.view(scratch));
}

void put_node(std::string& out, std::string_view listpack) {
  put_length(out, static_cast<std::uint64_t>(NodeContainer::kPacked));
  put_string(out, listpack);
}

void save_list(std::string& out, const ValueView& value) {
  put_type(out, ObjectType::kListQuicklist2);
  const auto* dense = static_cast<const DenseList*>(value.collection());
  if (dense == nullptr) {
    put_length(out, 1);
    return put_node(out, value.packed());
  }
  std::uint64_t nodes = 0;
  dense->for_each_chunk([&](std::string_view) { ++nodes; });
  put_length(out, nodes);
  dense->for_each_chunk([&](std::string_view listpack) { put_node(out, listpack); });
}

void save_set(std::string& out, const ValueView& value) {
  if (value.is_packed() && value.packing() == Packing::kIntset) {
    put_type(out, ObjectType::kSetIntset);
    return put_string(out, value.packed());
  }
  const SetView set(value);
  put_type(out, ObjectType::kSet);
  put_length(out, set.count());
  set.for_each([&](std::string_view member) {
    put_string(out, member);
    return true;
  });
}

void save_hash(std::string& out, const ValueView& value) {
  if (value.is_packed()) {
    put_type(out, ObjectType::kHashListpack);
    return put_string(out, value.packed());
  }
  const HashView hash(value, HashView::kAllFields);
  put_type(out, ObjectType::kHash);
  put_length(out, hash.count());
  hash.for_each([&](std::string_view field, std::string_view bytes) {
    put_string(out, field);
    put_string(out, bytes);
  });
}

// The highest score first, as Redis does.
void save_sorted_set(std::string& out, const ValueView& value) {
  if (value.is_packed()) {
    put_type(out, ObjectType::kSortedSetListpack);
    return put_string(out, value.packed());
  }
  const SortedSetView set(value);
  put_type(out, ObjectType::kSortedSet2);
  put_length(out, set.count());
  set.visit_ranks(0, set.count(), true, [&](std::string_view member, double score) {
    put_string(out, member);
    put_double(out, score);
    return true;
  });
}

void put_id_in_lengths(std::string& out, const StreamId& id) {
  put_length(out, id.ms);
  put_length(out, id.seq);
}

void put_consumers(std::string& out, const StreamGroup& group) {
  put_length(out, group.consumers.size());
  for (const auto& [name, consumer] : group.consumers) {
    put_string(out, name);
    put_time(out, consumer.seen_ms);
    put_length(out, consumer.pending.size());
    for (const StreamId& id : consumer.pending) put_stream_id(out, id);
  }
}

void put_group(std::string& out, std::string_view name, const StreamGroup& group) {
  put_string(out, name);
  put_id_in_lengths(out, group.last_id);
  put_length(out, static_cast<std::uint64_t>(group.entries_read));
  put_length(out, group.pending().size());
  for (const auto& [id, pending] : group.pending()) {
    put_stream_id(out, id);
    put_time(out, pending.delivered_ms);
    put_length(out, pending.deliveries);
  }
  put_consumers(out, group);
}

void save_stream(std::string& out, const ValueView& value) {
  const auto& stream = static_cast<const Stream&>(*value.collection());
  put_type(out, ObjectType::kStream2);
  put_length(out, stream.node_count());
  stream.for_each_node([&](const StreamId& id, std::string_view listpack) {
    std::string key;
    put_stream_id(key, id);
    put_string(out, key);
    put_string(out, listpack);
  });
  put_length(out, stream.count());
  put_id_in_lengths(out, stream.last_id());
  put_id_in_lengths(out, stream.first_id());
  put_id_in_lengths(out, stream.max_deleted_id());
  put_length(out, stream.entries_added());
  put_length(out, stream.group_slots().size());
  for (const auto& [name, slot] : stream.group_slots()) put_group(out, name, *stream.group(name));
}

}  // namespace

void save_object(std::string& out, const ValueView& value) {
  switch (value.type()) {
    case Type::kString: return save_string(out, value);
    case Type::kList: return save_list(out, value);
    case Type::kSet: return save_set(out, value);
    case Type::kSortedSet: return save_sorted_set(out, value);
    case Type::kHash: return save_hash(out, value);
    case Type::kStream: return save_stream(out, value);
  }
}

}  // namespace engine::rdb
