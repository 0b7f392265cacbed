// Streams: nodes as they come, then what was ever added and removed, then the groups. What is
// pending comes twice, for the group with its times and for each consumer.
#include <map>
#include <set>
#include <utility>

#include "engine/rdb/load_types.h"
#include "engine/types/stream.h"

namespace engine::rdb {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kPendingBytes = kIdBytes + 8 + 1;  // with its time and its deliveries
constexpr std::size_t kConsumerBytes = 1 + 8 + 1;        // name, time, count

struct Delivery {
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 0;
};
using Pending = std::map<StreamId, Delivery>;

std::int64_t read_time(Reader& in) { return static_cast<std::int64_t>(in.u64()); }

bool read_node(Reader& in, Stream& stream) {
  const std::string key = in.string();
  std::string listpack = in.string();
  if (!in.ok() || key.size() != kIdBytes) return false;
  return stream.append_node(Reader(key).stream_id(), std::move(listpack));
}

bool read_pending(Reader& in, Pending& pending) {
  for (std::uint64_t left = in.count(kPendingBytes); left > 0; --left) {
    const StreamId id = in.stream_id();
    const std::int64_t delivered_ms = read_time(in);
    const std::uint64_t deliveries = in.length();
    if (!in.ok() || !pending.emplace(id, Delivery{delivered_ms, deliveries}).second) return false;
  }
  return in.ok();
}

// Each entry that is pending belongs to one consumer: it is taken out.
bool read_consumer(Reader& in, StreamGroup& group, Pending& pending) {
  const std::string name = in.string();
  const std::int64_t seen_ms = read_time(in);
  if (!in.ok() || group.consumers.contains(name)) return false;
  StreamConsumer& consumer = group.consumer(name, seen_ms);
  for (std::uint64_t left = in.count(kIdBytes); left > 0; --left) {
    const auto taken = pending.extract(in.stream_id());
    if (!in.ok() || taken.empty()) return false;
    StreamPending& entry = group.assign(taken.key(), consumer);
    entry.delivered_ms = taken.mapped().delivered_ms;
    entry.deliveries = taken.mapped().deliveries;
  }
  return in.ok();
}

bool read_group(Reader& in, Stream& stream, bool has_counters) {
  const std::string name = in.string();
  const StreamId last_id = in.stream_id_in_lengths();
  const std::int64_t entries_read =
      has_counters ? static_cast<std::int64_t>(in.length()) : stream.entries_up_to(last_id);
  StreamGroup* group = in.ok() ? stream.add_group(name) : nullptr;
  if (group == nullptr) return false;
  group->last_id = last_id;
  group->entries_read = entries_read;
  Pending pending;
  if (!read_pending(in, pending)) return false;
  for (std::uint64_t left = in.count(kConsumerBytes); left > 0; --left) {
    if (!read_consumer(in, *group, pending)) return false;
  }
  return in.ok() && pending.empty();
}

bool read_counters(Reader& in, Stream& stream, bool has_counters) {
  const std::uint64_t length = in.length();
  stream.set_last_id(in.stream_id_in_lengths());
  stream.set_entries_added(length);
  if (has_counters) {
    stream.set_first_id(in.stream_id_in_lengths());
    stream.set_max_deleted_id(in.stream_id_in_lengths());
    stream.set_entries_added(in.length());
  } else {
    // Of a stream without entries too, as in Redis 7.0.
    stream.set_first_id(stream.edge(true).value_or(StreamId::highest()));
  }
  const StreamId last = stream.edge(false).value_or(StreamId{});
  return in.ok() && length == stream.count() && last <= stream.last_id();
}

}  // namespace

std::optional<Value> load_stream(ObjectType type, Reader& in) {
  const bool has_counters = type == ObjectType::kStream2;
  auto made = std::make_unique<Stream>();
  for (std::uint64_t left = in.count(); left > 0; --left) {
    if (!read_node(in, *made)) return {};
  }
  if (!read_counters(in, *made, has_counters)) return {};
  for (std::uint64_t left = in.count(); left > 0; --left) {
    if (!read_group(in, *made, has_counters)) return {};
  }
  if (!in.ok()) return {};
  return Value::from_collection(CollectionRef(std::move(made)));
}

}  // namespace engine::rdb
