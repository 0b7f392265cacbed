// Claim: whatever a peer says about subscribers and messages is understood in full or not at all,
// and what was understood reads the same when it is written again; what has come from it in any
// order never reaches a CHECK. The input is a run of pieces, each behind a byte that says how long
// it is; the log moves on by the length of those that say nothing.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "node/clients/pubsub/elsewhere.h"
#include "node/clients/pubsub/incoming.h"
#include "node/clients/pubsub/wire.h"

namespace {

std::string written(const node::PubsubBody& body) {
  if (const auto* counts = std::get_if<node::SubscriberCounts>(&body)) return encode(*counts);
  const auto& batch = std::get<node::PublishedBatch>(body);
  node::PublishedWriter writer;
  for (const auto& one : batch.messages) writer.add(one.is_shard, one.channel, one.message);
  return writer.seal(batch.epoch, batch.first, batch.after);
}

class Listener {
 public:
  void hear(std::string_view bytes) {
    const auto body = node::decode_pubsub(bytes);
    if (!body) return move_on(bytes.size());
    const std::string again = written(*body);
    const auto second = node::decode_pubsub(again);
    CHECK(second.has_value() && written(*second) == again);
    if (const auto* counts = std::get_if<node::SubscriberCounts>(&*body)) {
      incoming_.begin(kPeer, counts->epoch, counts->next);
      elsewhere_.take(kPeer, *counts);
      if (counts->counts.empty()) return;
      const auto& last = counts->counts.back();
      CHECK(is_known(last.kind, last.name) == (last.sessions > 0));
      static_cast<void>(elsewhere_.receivers(false, last.name));
      return;
    }
    static_cast<void>(
        incoming_.take(kPeer, std::get<node::PublishedBatch>(*body), applied_, bytes));
  }

 private:
  static constexpr base::NodeId kPeer{5};

  [[nodiscard]] bool is_known(node::ChannelKind kind, std::string_view wanted) const {
    bool is_found = false;
    elsewhere_.for_each(kind, [&](const std::string& name) { is_found |= name == wanted; });
    return is_found;
  }
  void move_on(std::size_t positions) {
    applied_ = base::LogIndex(applied_.value() + positions);
    for (const std::string& body : incoming_.release(applied_))
      CHECK(node::decode_pubsub(body).has_value());
  }

  node::Incoming incoming_;
  node::Elsewhere elsewhere_;
  base::LogIndex applied_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Listener listener;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(data[size - rest.size()], rest.size() - 1);
    listener.hear(rest.substr(1, length));
    rest.remove_prefix(1 + length);
  }
  return 0;
}
