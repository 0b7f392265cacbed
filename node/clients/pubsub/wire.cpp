#include "node/clients/pubsub/wire.h"

#include <utility>

#include "base/codec.h"

namespace node {
namespace {

constexpr std::uint8_t kPublished = 1, kCounts = 2;

std::optional<PubsubBody> decode_published(base::Decoder& in) {
  PublishedBatch batch;
  batch.epoch = in.u64();
  batch.first = in.varint();
  batch.after = base::LogIndex(in.varint());
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint8_t is_shard = in.u8();
    if (is_shard > 1) return {};
    const std::string_view channel = in.bytes();
    const std::string_view message = in.bytes();
    batch.messages.push_back({is_shard == 1, channel, message});
  }
  if (!in.ok() || !in.at_end()) return {};
  return PubsubBody(std::move(batch));
}

std::optional<PubsubBody> decode_counts(base::Decoder& in) {
  SubscriberCounts told;
  told.epoch = in.u64();
  const std::uint8_t is_beginning = in.u8();
  told.is_beginning = is_beginning == 1;
  told.next = in.varint();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint8_t kind = in.u8();
    if (kind >= kChannelKinds) return {};
    const std::string_view name = in.bytes();
    const std::uint64_t sessions = in.varint();
    told.counts.push_back({static_cast<ChannelKind>(kind), name, sessions});
  }
  if (!in.ok() || !in.at_end() || is_beginning > 1) return {};
  return PubsubBody(std::move(told));
}

}  // namespace

void PublishedWriter::add(bool is_shard, std::string_view channel, std::string_view message) {
  base::Encoder out(messages_);
  out.u8(is_shard ? 1 : 0);
  out.bytes(channel);
  out.bytes(message);
  ++count_;
}

std::string PublishedWriter::seal(std::uint64_t epoch, std::uint64_t first, base::LogIndex after) {
  std::string body;
  body.reserve(messages_.size() + 64);
  base::Encoder out(body);
  out.u8(kPublished);
  out.u64(epoch);
  out.varint(first);
  out.varint(after.value());
  out.varint(std::exchange(count_, 0));
  body += messages_;
  constexpr std::size_t kBytesKept = 64 * 1024;
  messages_.clear();
  if (messages_.capacity() > kBytesKept) std::string().swap(messages_);
  return body;
}

std::string encode(const SubscriberCounts& told) {
  std::string body;
  base::Encoder out(body);
  out.u8(kCounts);
  out.u64(told.epoch);
  out.u8(told.is_beginning ? 1 : 0);
  out.varint(told.next);
  out.varint(told.counts.size());
  for (const SubscriberCounts::Count& count : told.counts) {
    out.u8(static_cast<std::uint8_t>(count.kind));
    out.bytes(count.name);
    out.varint(count.sessions);
  }
  return body;
}

std::optional<PubsubBody> decode_pubsub(std::string_view bytes) {
  base::Decoder in(bytes);
  switch (in.u8()) {
    case kPublished: return decode_published(in);
    case kCounts: return decode_counts(in);
    default: return {};
  }
}

}  // namespace node
