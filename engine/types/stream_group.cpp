#include "engine/types/stream_group.h"

#include "base/codec.h"

namespace engine {

StreamGroup& StreamGroup::operator=(const StreamGroup& other) {
  if (this == &other) return *this;
  last_id = other.last_id;
  entries_read = other.entries_read;
  pending.clear();
  consumers = other.consumers;
  for (const auto& [id, entry] : other.pending) {
    StreamPending& copied = pending[id] = entry;
    copied.consumer = &consumers.find(other.name_of(entry.consumer))->second;
  }
  return *this;
}

StreamConsumer& StreamGroup::consumer(std::string_view name, std::int64_t now_ms) {
  const auto found = consumers.find(name);
  if (found != consumers.end()) return found->second;
  return consumers.emplace(name, StreamConsumer{now_ms, {}}).first->second;
}

StreamPending& StreamGroup::assign(const StreamId& id, StreamConsumer& consumer) {
  StreamPending& entry = pending[id];
  if (entry.consumer != nullptr) entry.consumer->pending.erase(id);
  entry.consumer = &consumer;
  consumer.pending.insert(id);
  return entry;
}

bool StreamGroup::acknowledge(const StreamId& id) {
  const auto found = pending.find(id);
  if (found == pending.end()) return false;
  found->second.consumer->pending.erase(id);
  pending.erase(found);
  return true;
}

std::uint64_t StreamGroup::remove_consumer(std::string_view name) {
  const auto found = consumers.find(name);
  if (found == consumers.end()) return 0;
  for (const StreamId& id : found->second.pending) pending.erase(id);
  const std::uint64_t count = found->second.pending.size();
  consumers.erase(found);
  return count;
}

std::string_view StreamGroup::name_of(const StreamConsumer* consumer) const {
  for (const auto& [name, one] : consumers) {
    if (&one == consumer) return name;
  }
  return {};
}

void StreamGroup::encode(std::string& out) const {
  base::Encoder encoder(out);
  encoder.u64(last_id.ms);
  encoder.u64(last_id.seq);
  encoder.i64(entries_read);
  encoder.varint(consumers.size());
  for (const auto& [name, consumer] : consumers) {
    encoder.bytes(name);
    encoder.i64(consumer.seen_ms);
    encoder.varint(consumer.pending.size());
    for (const StreamId& id : consumer.pending) {
      const StreamPending& entry = pending.find(id)->second;
      encoder.u64(id.ms);
      encoder.u64(id.seq);
      encoder.i64(entry.delivered_ms);
      encoder.varint(entry.deliveries);
    }
  }
}

bool StreamGroup::decode(std::string_view bytes) {
  base::Decoder in(bytes);
  last_id.ms = in.u64();
  last_id.seq = in.u64();
  entries_read = in.i64();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::string_view name = in.bytes();
    const auto [consumer, is_new] = consumers.emplace(name, StreamConsumer{in.i64(), {}});
    if (!is_new) return false;
    for (std::uint64_t entries = in.varint(); entries > 0 && in.ok(); --entries) {
      StreamId id{in.u64(), 0};
      id.seq = in.u64();
      StreamPending entry{&consumer->second, in.i64(), 0};
      entry.deliveries = in.varint();
      if (!pending.emplace(id, entry).second) return false;
      consumer->second.pending.insert(id);
    }
  }
  return in.ok() && in.at_end();
}

}  // namespace engine
