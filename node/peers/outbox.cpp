#include "node/peers/outbox.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

// Far more than raft has under way on a link that moves.
constexpr std::size_t kWaitingMax = 4096;
// On a link that stands nothing is lost: what left this lately is on its way.
constexpr base::Duration kOnItsWay = base::milliseconds(1000);

}  // namespace

void PeerOutbox::push(WireKind kind, std::string body) {
  if (kind == WireKind::kUses && !is_empty()) return;
  streams_[static_cast<std::size_t>(FrameStream::kControl)].waiting.emplace_back(
      Text{kind, std::move(body)});
}

bool PeerOutbox::push_beside(WireKind kind, std::string body) {
  if (pubsub_bodies_ > 0 && pubsub_bytes_ + body.size() > kPubsubBytesMax) return false;
  if (pubsub_bodies_ >= kPubsubBodiesMax || body.size() > kBulkMessageBytesMax) return false;
  pubsub_bytes_ += body.size();
  ++pubsub_bodies_;
  streams_[static_cast<std::size_t>(FrameStream::kBulk)].waiting.emplace_back(
      Text{kind, std::move(body)});
  return true;
}

void PeerOutbox::push(base::Instant now, raft::Message message) {
  const bool is_bulk = raft::is_bulk(message);
  Stream& stream =
      streams_[static_cast<std::size_t>(is_bulk ? FrameStream::kBulk : FrameStream::kControl)];
  if (stream.waiting.size() - (is_bulk ? pubsub_bodies_ : 0) >= kWaitingMax) return;
  if (is_bulk && is_repeated(now, message)) return;
  stream.waiting.emplace_back(std::move(message));
}

PeerOutbox::Repeat PeerOutbox::repeat_of(const raft::Message& message) {
  Repeat repeat{.term = message.term, .body_kind = message.body.index()};
  if (const auto* append = std::get_if<raft::Append>(&message.body)) {
    repeat.position = append->previous_index.value();
    repeat.size = append->entries.size();
  } else if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&message.body)) {
    repeat.position = chunk->meta.index.value();
    repeat.size = chunk->sequence;
  }
  return repeat;
}

// Raft repeats what is not answered in time; while the first copy is under way a second one would
// only delay it.
bool PeerOutbox::is_repeated(base::Instant now, const raft::Message& message) const {
  const Repeat repeat = repeat_of(message);
  const Stream& bulk = streams_[static_cast<std::size_t>(FrameStream::kBulk)];
  const bool is_leaving = bulk.is_cutting && bulk.kind == WireKind::kRaft;
  if (cutting_ == repeat && (is_leaving || now - cut_until_ < kOnItsWay)) return true;
  return std::any_of(bulk.waiting.begin(), bulk.waiting.end(), [&](const Item& item) {
    const auto* other = std::get_if<raft::Message>(&item);
    return other != nullptr && repeat_of(*other) == repeat;
  });
}

void PeerOutbox::begin_cutting(FrameStream which) {
  Stream& stream = streams_[static_cast<std::size_t>(which)];
  if (auto* message = std::get_if<raft::Message>(&stream.waiting.front())) {
    if (which == FrameStream::kBulk) cutting_ = repeat_of(*message);
    stream.kind = WireKind::kRaft;
    stream.parts = raft::encode_parts(*message);
  } else {
    Text& text = std::get<Text>(stream.waiting.front());
    stream.kind = text.kind;
    if (which == FrameStream::kBulk) {
      pubsub_bytes_ -= text.body.size();
      --pubsub_bodies_;
    }
    stream.parts = {.head = std::move(text.body), .attached = {}};
  }
  stream.waiting.pop_front();
  stream.part = stream.offset = 0;
  stream.is_cutting = true;
}

void PeerOutbox::cut_frame(base::Instant now, FrameStream which, base::ClusterId cluster,
                           std::string& out) {
  Stream& stream = streams_[static_cast<std::size_t>(which)];
  if (!stream.is_cutting) begin_cutting(which);
  const std::string_view part = stream.current();
  const std::string_view payload = part.substr(stream.offset, kFramePayloadBytesMax);
  stream.offset += payload.size();
  const bool ends_part = stream.offset == part.size();
  const bool is_last = ends_part && stream.part == stream.parts.attached.size();
  append_frame(out,
               {.stream = which,
                .kind = stream.kind,
                .is_last = is_last,
                .part_size_bytes = part.size(),
                .cluster = cluster},
               payload);
  if (ends_part) {
    ++stream.part;
    stream.offset = 0;
  }
  if (which == FrameStream::kBulk && stream.kind == WireKind::kRaft) cut_until_ = now;
  if (!is_last) return;
  stream.parts = {};
  stream.is_cutting = false;
}

void PeerOutbox::fill(base::Instant now, base::ClusterId cluster, std::string& out) {
  const std::size_t start = out.size();
  const Stream& control = streams_[static_cast<std::size_t>(FrameStream::kControl)];
  const Stream& bulk = streams_[static_cast<std::size_t>(FrameStream::kBulk)];
  while (unsent_bytes_ + out.size() - start < base::limits::kLinkUnsentBytesMax) {
    if (!control.is_empty())
      cut_frame(now, FrameStream::kControl, cluster, out);
    else if (!bulk.is_empty())
      cut_frame(now, FrameStream::kBulk, cluster, out);
    else
      break;
  }
  unsent_bytes_ += out.size() - start;
}

}  // namespace node
