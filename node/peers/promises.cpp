#include "node/peers/promises.h"

#include <algorithm>

#include "base/codec.h"

namespace node {
namespace {

constexpr std::uint64_t kMembersMax = 1024;  // bounds what a decoder allocates

void put(base::Encoder& out, const Promise& promise) {
  out.u64(promise.term.value());
  out.u64(promise.vote.value());
  out.u64(promise.acknowledged.value());
}

Promise get(base::Decoder& in) {
  Promise promise;
  promise.term = Term(in.u64());
  promise.vote = NodeId(in.u64());
  promise.acknowledged = LogIndex(in.u64());
  return promise;
}

}  // namespace

bool keeps(const Holding& holding, const Promise& promise) {
  if (holding.term != promise.term) return holding.term > promise.term;
  if (!promise.vote.is_none() && holding.vote != promise.vote) return false;
  // A later leader may have cut what was acknowledged to an earlier one; its own nobody cuts.
  return holding.may_have_forgotten || holding.last_index >= promise.acknowledged;
}

std::optional<Promise> promise_in(const raft::Message& message) {
  if (const auto* appended = std::get_if<raft::AppendReply>(&message.body)) {
    if (appended->success) return Promise{message.term, NodeId(), appended->match};
  } else if (const auto* voted = std::get_if<raft::VoteReply>(&message.body)) {
    if (voted->granted) return Promise{message.term, message.to, LogIndex()};
  }
  return {};
}

void add(Promise& all, const Promise& promise) {
  if (promise.term < all.term) return;
  if (promise.term > all.term) {
    all = promise;
    return;
  }
  if (!promise.vote.is_none()) all.vote = promise.vote;
  all.acknowledged = std::max(all.acknowledged, promise.acknowledged);
}

std::string text_of(const Promise& promise) {
  return "term " + std::to_string(promise.term.value()) + " up to index " +
         std::to_string(promise.acknowledged.value());
}

std::string text_of(const Holding& holding) {
  return "term " + std::to_string(holding.term.value()) + " up to index " +
         std::to_string(holding.last_index.value());
}

std::string encode_promise(const Promise& promise) {
  std::string bytes;
  base::Encoder out(bytes);
  put(out, promise);
  return bytes;
}

std::optional<Promise> decode_promise(std::string_view bytes) {
  base::Decoder in(bytes);
  const Promise promise = get(in);
  if (!in.ok() || !in.at_end()) return {};
  return promise;
}

void Promises::remember(NodeId peer, std::uint64_t epoch, const Promise& promise) {
  Known& known = known_[peer];
  const Promise before = known.promise;
  add(known.promise, promise);
  is_urgent_ |= before.term != known.promise.term || before.vote != known.promise.vote;
  has_news_ |= known.promise != before || known.epoch != epoch;
  known.epoch = epoch;
}

std::optional<Promise> Promises::broken(NodeId peer, std::uint64_t epoch,
                                        const Holding& holding) const {
  const auto known = known_.find(peer);
  const bool is_same_run = known == known_.end() || known->second.epoch == epoch;
  if (is_same_run || keeps(holding, known->second.promise)) return {};
  return known->second.promise;
}

std::string Promises::encode() {
  std::string bytes;
  base::Encoder out(bytes);
  out.varint(known_.size());
  for (const auto& [id, known] : known_) {
    out.u64(id.value());
    out.u64(known.epoch);
    put(out, known.promise);
  }
  has_news_ = is_urgent_ = false;
  return bytes;
}

bool Promises::decode(std::string_view bytes) {
  base::Decoder in(bytes);
  std::map<NodeId, Known> found;
  const std::uint64_t count = in.varint();
  if (count > kMembersMax) return false;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const NodeId id(in.u64());
    Known known{.epoch = in.u64(), .promise = {}};
    known.promise = get(in);
    found.emplace(id, known);
  }
  if (!in.ok() || !in.at_end()) return false;
  known_ = std::move(found);
  return true;
}

}  // namespace node
