#include "node/clients/pubsub/broker.h"

#include <optional>
#include <variant>

#include "node/clients/pubsub/push_text.h"

namespace node {
namespace {

constexpr std::size_t kBatchBytesMax = 1024 * 1024;  // a larger one leaves before its turn ends
constexpr std::size_t kCountBytesMax = 256 * 1024;
constexpr std::size_t kTakenBytesTold = 1024 * 1024;  // so that not each message is acknowledged

std::uint64_t push_all(PushOutlet& outlet, const Subscriptions::Audience& audience,
                       PushText& text) {
  for (Session* session : audience) outlet.push(*session, text.for_version(session->modes.version));
  return audience.size();
}

// Counts, cut into bodies of a bounded size.
class CountsWriter {
 public:
  CountsWriter(SubscriberCounts head, NodeId to, std::vector<ToConsensus>& out)
      : told_(std::move(head)), to_(to), out_(out) {}
  void add(ChannelKind kind, std::string_view name, std::uint64_t sessions) {
    told_.counts.push_back({kind, name, sessions});
    bytes_ += name.size() + 16;
    if (bytes_ > kCountBytesMax) flush();
  }
  void flush() {
    out_.emplace_back(TellPubsub{.group = base::kFirstGroup, .to = to_, .body = encode(told_)});
    told_.counts.clear();
    told_.is_beginning = false;
    bytes_ = 0;
  }
  [[nodiscard]] bool has_more() const { return told_.is_beginning || !told_.counts.empty(); }

 private:
  SubscriberCounts told_;
  NodeId to_;
  std::vector<ToConsensus>& out_;
  std::size_t bytes_ = 0;
};

}  // namespace

std::uint64_t Broker::publish(bool is_shard, std::string_view channel, std::string_view message) {
  const std::uint64_t here = deliver(is_shard, channel, message);
  if (!has_peers_) return here;
  writer_.add(is_shard, channel, message);
  if (writer_.size_bytes() >= kBatchBytesMax) seal(sealed_);
  return here + elsewhere_.receivers(is_shard, channel);
}

std::uint64_t Broker::deliver(bool is_shard, std::string_view channel, std::string_view message) {
  std::uint64_t count = 0;
  PushText text(is_shard ? "smessage" : "message", {channel, message});
  const auto* audience =
      subscriptions_.find(is_shard ? ChannelKind::kShard : ChannelKind::kChannel, channel);
  if (audience != nullptr) count += push_all(outlet_, *audience, text);
  if (is_shard) return count;
  subscriptions_.for_each_match(
      channel, [&](const std::string& pattern, const Subscriptions::Audience& matching) {
        PushText matched("pmessage", {pattern, channel, message});
        count += push_all(outlet_, matching, matched);
      });
  return count;
}

void Broker::deliver(const std::vector<engine::PublishedMessage>& messages, LogIndex index) {
  for (const engine::PublishedMessage& one : messages)
    deliver(one.is_shard, one.channel, one.message);
  after_ = index;
}

std::uint64_t Broker::receivers(bool is_shard, std::string_view channel) const {
  const auto* audience =
      subscriptions_.find(is_shard ? ChannelKind::kShard : ChannelKind::kChannel, channel);
  std::uint64_t count = audience == nullptr ? 0 : audience->size();
  if (!is_shard) {
    subscriptions_.for_each_match(channel,
                                  [&](const std::string&, const Subscriptions::Audience& matching) {
                                    count += matching.size();
                                  });
  }
  return count + elsewhere_.receivers(is_shard, channel);
}

// -- other nodes

void Broker::on(const PubsubTold& told, LogIndex applied) {
  taken_bytes_ += told.body.size();
  const std::optional<PubsubBody> body = decode_pubsub(told.body);
  if (!body) return;
  if (const auto* counts = std::get_if<SubscriberCounts>(&*body)) {
    incoming_.begin(told.from, counts->epoch, counts->next);
    return elsewhere_.take(told.from, *counts);
  }
  const auto& batch = std::get<PublishedBatch>(*body);
  if (incoming_.take(told.from, batch, applied, told.body)) deliver_all(batch);
}

void Broker::on(const PubsubLinked& linked) { newly_linked_.push_back(linked.peer); }

void Broker::on(const PubsubLost& lost) {
  unsent_ += lost.messages;
  if (!lost.is_connected) elsewhere_.forget(lost.peer);
}

void Broker::on_applied(LogIndex applied) {
  if (!incoming_.has_held()) return;
  for (const std::string& body : incoming_.release(applied))
    deliver_all(std::get<PublishedBatch>(*decode_pubsub(body)));
}

void Broker::deliver_all(const PublishedBatch& batch) {
  for (const PublishedBatch::Message& one : batch.messages)
    deliver(one.is_shard, one.channel, one.message);
}

void Broker::seal(std::vector<ToConsensus>& out) {
  const std::uint64_t count = writer_.count();
  if (count == 0) return;
  out.emplace_back(TellPubsub{.group = base::kFirstGroup,
                              .to = {},
                              .body = writer_.seal(epoch_, next_, after_),
                              .messages = count});
  next_ += count;
}

// Messages first: they are told by numbers, and counts say which comes next.
void Broker::tell(std::vector<ToConsensus>& out) {
  for (ToConsensus& full : std::exchange(sealed_, {})) out.push_back(std::move(full));
  seal(out);
  tell_counts(out);
  for (const NodeId peer : std::exchange(newly_linked_, {})) tell_all(peer, out);
  if (taken_bytes_ >= kTakenBytesTold)
    out.emplace_back(PubsubTaken{base::kFirstGroup, std::exchange(taken_bytes_, 0)});
}

void Broker::tell_counts(std::vector<ToConsensus>& out) {
  if (!subscriptions_.has_changed()) return;
  const auto changed = subscriptions_.take_changed();
  if (!has_peers_) return;
  CountsWriter writer({.epoch = epoch_, .next = next_, .counts = {}}, {}, out);
  for (const auto& [kind, name] : changed)
    writer.add(kind, name, subscriptions_.sessions(kind, name));
  if (writer.has_more()) writer.flush();
}

void Broker::tell_all(NodeId to, std::vector<ToConsensus>& out) {
  CountsWriter writer({.epoch = epoch_, .is_beginning = true, .next = next_, .counts = {}}, to,
                      out);
  for (const ChannelKind kind :
       {ChannelKind::kChannel, ChannelKind::kPattern, ChannelKind::kShard}) {
    subscriptions_.for_each(kind,
                            [&](const std::string& name, const Subscriptions::Audience& audience) {
                              writer.add(kind, name, audience.size());
                            });
  }
  if (writer.has_more()) writer.flush();
}

}  // namespace node
