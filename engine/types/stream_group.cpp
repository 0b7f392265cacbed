#include "engine/types/stream_group.h"

#include <iterator>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/codec.h"

namespace engine {

// ---- consumers ----

StreamConsumer& StreamGroup::consumer(std::string_view name, std::int64_t now_ms) {
  const auto found = consumers.find(name);
  if (found != consumers.end()) return found->second;
  const auto made = consumers.emplace(name, StreamConsumer{}).first;
  made->second.seen_ms = now_ms;
  made->second.number = consumers_made_++;
  made->second.name = made->first;
  return made->second;
}

std::uint64_t StreamGroup::remove_consumer(std::string_view name) {
  const auto found = consumers.find(name);
  if (found == consumers.end()) return 0;
  const std::vector<StreamId> ids(found->second.pending.begin(), found->second.pending.end());
  for (const StreamId& id : ids) acknowledge(id);
  consumers.erase(found);
  return ids.size();
}

// ---- what is pending ----

StreamPending* StreamGroup::edit_pending(const StreamId& id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return nullptr;
  slots_.touch_chunk(chunk_for(id)->second.slot);
  return &found->second;
}

StreamPending& StreamGroup::assign(const StreamId& id, StreamConsumer& consumer) {
  StreamPending* entry = edit_pending(id);
  if (entry == nullptr) entry = &insert(id);
  if (entry->consumer != nullptr) entry->consumer->pending.erase(id);
  entry->consumer = &consumer;
  consumer.pending.insert(id);
  return *entry;
}

bool StreamGroup::acknowledge(const StreamId& id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return false;
  const auto chunk = chunk_for(id);
  slots_.touch_chunk(chunk->second.slot);
  found->second.consumer->pending.erase(id);
  pending_.erase(found);
  slots_.note_pending(-1);
  if (--chunk->second.count > 0) return true;
  const std::uint32_t slot = chunk->second.slot;
  chunks_.erase(chunk);
  slots_.drop_chunk(slot);
  return true;
}

void StreamGroup::drop_chunks() {
  slots_.note_pending(-static_cast<std::int64_t>(pending_.size()));
  for (const auto& [first, chunk] : chunks_) slots_.touch_chunk(chunk.slot);
  for (const auto& [first, chunk] : std::exchange(chunks_, {})) slots_.drop_chunk(chunk.slot);
}

bool StreamGroup::free_some(std::size_t count) {
  for (; count > 0 && !pending_.empty(); --count) {
    if (!chunks_.empty()) chunks_.erase(std::prev(chunks_.end()));
    const auto last = std::prev(pending_.end());
    last->second.consumer->pending.erase(last->first);
    pending_.erase(last);
  }
  return pending_.empty();
}

// ---- chunks ----

StreamGroup::Chunks::iterator StreamGroup::chunk_for(const StreamId& id) {
  CHECK(!chunks_.empty());
  const auto above = chunks_.upper_bound(id);
  return above == chunks_.begin() ? above : std::prev(above);
}

std::map<StreamId, StreamPending>::const_iterator StreamGroup::chunk_begin(
    Chunks::const_iterator chunk) const {
  if (chunk == chunks_.end()) return pending_.end();
  return pending_.lower_bound(chunk->first);
}

// Touched, and covering the id.
StreamGroup::Chunks::iterator StreamGroup::chunk_to_hold(const StreamId& id) {
  if (chunks_.empty()) {
    const std::uint32_t slot = slots_.take_chunk(slot_, id);
    return chunks_.emplace(id, Chunk{slot, 0}).first;
  }
  const auto chunk = chunk_for(id);
  slots_.touch_chunk(chunk->second.slot);
  if (chunk->first <= id) return chunk;
  auto lowered = chunks_.extract(chunk);
  lowered.key() = id;
  slots_.lower_chunk(lowered.mapped().slot, id);
  return chunks_.insert(std::move(lowered)).position;
}

StreamPending& StreamGroup::insert(const StreamId& id) {
  const auto chunk = chunk_to_hold(id);
  StreamPending& entry = pending_[id];
  slots_.note_pending(1);
  if (++chunk->second.count > kChunkEntries) split(chunk, id);
  return entry;
}

// At the inserted id if it is the chunk's last, so that chunks that grow at their end stay full;
// else in the middle.
void StreamGroup::split(Chunks::iterator chunk, const StreamId& inserted) {
  auto at = chunk_begin(std::next(chunk));
  std::uint32_t moved = 1;
  --at;
  if (at->first != inserted) {
    for (; moved < kChunkEntries / 2; ++moved) --at;
  }
  chunk->second.count -= moved;
  chunks_[at->first] = {slots_.take_chunk(slot_, at->first), moved};
}

// ---- rows ----

void StreamGroup::encode(std::string& out) const {
  base::Encoder encoder(out);
  encoder.u64(last_id.ms);
  encoder.u64(last_id.seq);
  encoder.i64(entries_read);
  encoder.varint(consumers_made_);
  encoder.varint(consumers.size());
  for (const auto& [name, consumer] : consumers) {
    encoder.bytes(name);
    encoder.varint(consumer.number);
    encoder.i64(consumer.seen_ms);
  }
}

void StreamGroup::encode_chunk(const StreamId& first, std::string& out) const {
  base::Encoder encoder(out);
  const auto chunk = chunks_.find(first);
  CHECK(chunk != chunks_.end());
  const auto end = chunk_begin(std::next(chunk));
  for (auto at = chunk_begin(chunk); at != end; ++at) {
    encoder.u64(at->first.ms);
    encoder.u64(at->first.seq);
    encoder.varint(at->second.consumer->number);
    encoder.i64(at->second.delivered_ms);
    encoder.varint(at->second.deliveries);
  }
}

bool StreamGroup::decode(std::string_view bytes) {
  base::Decoder in(bytes);
  last_id.ms = in.u64();
  last_id.seq = in.u64();
  entries_read = in.i64();
  consumers_made_ = in.varint();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const auto [made, is_new] = consumers.emplace(in.bytes(), StreamConsumer{});
    StreamConsumer& consumer = made->second;
    consumer.name = made->first;
    consumer.number = in.varint();
    consumer.seen_ms = in.i64();
    if (!is_new || consumer.number >= consumers_made_) return false;
    if (!numbered_.emplace(consumer.number, &consumer).second) return false;
  }
  return in.ok() && in.at_end();
}

bool StreamGroup::decode_chunk(std::uint32_t slot, const StreamId& first, std::string_view bytes) {
  const auto [chunk, is_new] = chunks_.emplace(first, Chunk{slot, 0});
  if (!is_new) return false;
  for (base::Decoder in(bytes); !in.at_end(); ++chunk->second.count) {
    StreamId id{in.u64(), 0};
    id.seq = in.u64();
    const auto consumer = numbered_.find(in.varint());
    if (!in.ok() || consumer == numbered_.end()) return false;
    StreamPending entry{consumer->second, in.i64(), 0};
    entry.deliveries = in.varint();
    if (!in.ok() || !pending_.emplace(id, entry).second) return false;
    consumer->second->pending.insert(id);
    slots_.note_pending(1);
  }
  return chunk->second.count > 0 && chunk->second.count <= kChunkEntries;
}

bool StreamGroup::finish_load() {
  numbered_.clear();
  std::size_t covered = 0;
  for (auto chunk = chunks_.begin(); chunk != chunks_.end(); ++chunk) {
    const auto count = std::distance(chunk_begin(chunk), chunk_begin(std::next(chunk)));
    if (count != static_cast<std::ptrdiff_t>(chunk->second.count)) return false;
    covered += chunk->second.count;
  }
  return covered == pending_.size();
}

}  // namespace engine
