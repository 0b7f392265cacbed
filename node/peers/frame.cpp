#include "node/peers/frame.h"

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "base/crc.h"

namespace node {
namespace {

using base::Cause;
using base::Error;
using base::Status;

constexpr std::size_t kCrcBytes = 4;
constexpr std::uint8_t kLastFlag = 1;

Error bad_frame(Cause cause, std::string detail) {
  return {.cause = cause, .operation = "read", .object = "peer frame", .detail = std::move(detail)};
}

struct RawHead {
  std::uint32_t crc = 0, length = 0, part_size_bytes = 0;
  std::uint8_t version = 0, stream = 0, kind = 0, flags = 0;
  base::ClusterId cluster;
};

RawHead decode_head(std::string_view bytes) {
  base::Decoder in(bytes);
  RawHead head;
  head.crc = in.u32();
  head.length = in.u32();
  head.version = in.u8();
  head.stream = in.u8();
  head.kind = in.u8();
  head.flags = in.u8();
  head.part_size_bytes = in.u32();
  head.cluster = base::ClusterId(in.u64());
  return head;
}

// What can be said before the payload is there, so that rubbish is refused at once.
Status check_head(const RawHead& head) {
  if (head.length > kFramePayloadBytesMax) {
    return bad_frame(Cause::kCorrupt, "something that is no frame of a peer");
  }
  if (head.version != kPeerProtocolVersion) {
    return bad_frame(Cause::kUnsupported, "protocol version " + std::to_string(head.version) +
                                              ", this node speaks " +
                                              std::to_string(kPeerProtocolVersion));
  }
  return base::success();
}

// Of the frame that `bytes` begin with; of its head alone while that is not there.
base::Result<std::size_t> frame_size(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return kFrameHeaderBytes;
  const RawHead head = decode_head(bytes);
  if (Status status = check_head(head); !status) return status.error();
  return kFrameHeaderBytes + head.length;
}

Status check_fields(const RawHead& head) {
  if (head.stream >= kFrameStreams) {
    return bad_frame(Cause::kCorrupt, "unknown stream " + std::to_string(head.stream));
  }
  if (head.kind == 0 || head.kind > kWireKindLast) {
    return bad_frame(Cause::kCorrupt, "unknown message kind " + std::to_string(head.kind));
  }
  if ((head.flags & ~kLastFlag) != 0) {
    return bad_frame(Cause::kCorrupt, "unknown flags " + std::to_string(head.flags));
  }
  return base::success();
}

}  // namespace

void append_frame(std::string& out, const FrameHead& head, std::string_view payload) {
  CHECK(payload.size() <= kFramePayloadBytesMax);
  const std::size_t start = out.size();
  base::Encoder encoder(out);
  encoder.u32(0);
  encoder.u32(static_cast<std::uint32_t>(payload.size()));
  encoder.u8(kPeerProtocolVersion);
  encoder.u8(static_cast<std::uint8_t>(head.stream));
  encoder.u8(static_cast<std::uint8_t>(head.kind));
  encoder.u8(head.is_last ? kLastFlag : 0);
  encoder.u32(static_cast<std::uint32_t>(head.part_size_bytes));
  encoder.u64(head.cluster.value());
  out.append(payload);
  std::string crc;
  base::Encoder(crc).u32(base::crc32c(std::string_view(out).substr(start + kCrcBytes)));
  out.replace(start, kCrcBytes, crc);
}

std::size_t FrameReader::message_bytes_max(FrameStream stream) const {
  const bool is_bulk = stream == FrameStream::kBulk;
  if (!is_trusted_) return is_bulk ? 0 : kStrangerMessageBytesMax;
  return is_bulk ? kBulkMessageBytesMax : kControlMessageBytesMax;
}

Status FrameReader::take_frame(std::string_view frame, std::vector<WireMessage>& messages) {
  const RawHead head = decode_head(frame);
  if (base::crc32c(frame.substr(kCrcBytes)) != head.crc) {
    return bad_frame(Cause::kCorrupt, "the checksum does not match");
  }
  if (Status status = check_fields(head); !status) return status;
  const FrameHead claims{.stream = static_cast<FrameStream>(head.stream),
                         .kind = static_cast<WireKind>(head.kind),
                         .is_last = (head.flags & kLastFlag) != 0,
                         .part_size_bytes = head.part_size_bytes,
                         .cluster = head.cluster};
  if (Status status = add_to_part(claims, frame.substr(kFrameHeaderBytes)); !status) return status;
  if (!claims.is_last) return base::success();
  Assembly done = std::exchange(assemblies_[head.stream], Assembly{});
  if (done.is_part_open) return bad_frame(Cause::kCorrupt, "a message that ends within a part");
  std::string body = std::move(done.parts.front());
  done.parts.erase(done.parts.begin());
  messages.push_back({.kind = claims.kind,
                      .cluster = claims.cluster,
                      .body = std::move(body),
                      .attached = std::move(done.parts)});
  return base::success();
}

Status FrameReader::add_to_part(const FrameHead& head, std::string_view payload) {
  Assembly& assembly = assemblies_[static_cast<std::size_t>(head.stream)];
  if (assembly.is_open && assembly.kind != head.kind)
    return bad_frame(Cause::kCorrupt, "a message of two kinds");
  assembly.is_open = true;
  assembly.kind = head.kind;
  if (!assembly.is_part_open) {
    assembly.total_bytes += head.part_size_bytes;
    if (assembly.total_bytes > message_bytes_max(head.stream) ||
        assembly.parts.size() >= kMessagePartsMax) {
      return bad_frame(Cause::kCorrupt, "a message above the limit of its stream");
    }
    assembly.is_part_open = true;
    assembly.part_size_bytes = head.part_size_bytes;
    assembly.parts.emplace_back().reserve(head.part_size_bytes);  // grows without ever being copied
  }
  std::string& part = assembly.parts.back();
  if (head.part_size_bytes != assembly.part_size_bytes ||
      part.size() + payload.size() > assembly.part_size_bytes) {
    return bad_frame(Cause::kCorrupt, "a part that is not as large as it says");
  }
  part.append(payload);
  assembly.is_part_open = part.size() < assembly.part_size_bytes;
  return base::success();
}

Status FrameReader::read(std::string_view bytes, std::vector<WireMessage>& messages) {
  // Frames that lie whole in `bytes` are read in place; only a beginning is copied.
  for (;;) {
    const std::string_view view = partial_.empty() ? bytes : std::string_view(partial_);
    const base::Result<std::size_t> want = frame_size(view);
    if (!want) return want.error();
    if (view.size() >= want.value()) {
      if (Status status = take_frame(view.substr(0, want.value()), messages); !status)
        return status;
      if (partial_.empty()) bytes.remove_prefix(want.value());
      partial_.clear();
      continue;
    }
    if (bytes.empty()) return base::success();
    const std::size_t taken = std::min(want.value() - partial_.size(), bytes.size());
    partial_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
}

}  // namespace node
