#include "node/clients/pubsub/incoming.h"

#include <utility>

namespace node {

Incoming::Origin& Incoming::origin(base::NodeId from, std::uint64_t epoch, std::uint64_t next) {
  Origin& known = origins_[from];
  if (known.epoch != epoch) {
    known.epoch = epoch;  // what is held of the former run goes out before what this one says
    known.next = next;
  }
  return known;
}

void Incoming::begin(base::NodeId from, std::uint64_t epoch, std::uint64_t next) {
  Origin& known = origin(from, epoch, next);
  if (next <= known.next) return;
  missed_ += next - known.next;
  known.next = next;
}

bool Incoming::take(base::NodeId from, const PublishedBatch& batch, base::LogIndex applied,
                    std::string_view bytes) {
  Origin& known = origin(from, batch.epoch, batch.first);
  if (batch.first < known.next) return false;  // came by another link, late: counted as missed
  missed_ += batch.first - known.next;
  known.next = batch.first + batch.messages.size();
  if (known.held.empty() && batch.after <= applied) return true;
  if (known.held_bytes + bytes.size() > kHeldBytesMax) {
    missed_ += batch.messages.size();
    return false;
  }
  known.held.push_back({batch.after, std::string(bytes)});
  known.held_bytes += bytes.size();
  ++held_bodies_;
  return false;
}

std::vector<std::string> Incoming::release(base::LogIndex applied) {
  std::vector<std::string> bodies;
  for (auto& [id, origin] : origins_) {
    while (!origin.held.empty() && origin.held.front().after <= applied) {
      origin.held_bytes -= origin.held.front().body.size();
      bodies.push_back(std::move(origin.held.front().body));
      origin.held.pop_front();
      --held_bodies_;
    }
  }
  return bodies;
}

}  // namespace node
