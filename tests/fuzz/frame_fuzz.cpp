// Claim: however the bytes of a peer link are cut, the frame reader gives the same messages and the
// same error, and never reads outside them. The first byte of the input chooses the cuts and
// whether the frames in it are given true checksums, without which nearly all would end there.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/codec.h"
#include "base/crc.h"
#include "base/prng.h"
#include "node/peers/frame.h"

namespace {

struct Outcome {
  std::vector<std::string> messages;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view stream, std::size_t piece_max, std::uint64_t seed) {
  base::Prng random(seed);
  node::FrameReader reader;
  Outcome outcome;
  while (!stream.empty() && outcome.error.empty()) {
    const std::string_view piece = stream.substr(0, 1 + random.below(piece_max));
    stream.remove_prefix(piece.size());
    std::vector<node::WireMessage> messages;
    const base::Status status = reader.read(piece, messages);
    if (!status) outcome.error = status.error().text();
    for (const node::WireMessage& message : messages) {
      std::string text = std::to_string(static_cast<int>(message.kind)) + ":" + message.body;
      for (const std::string& part : message.attached) text += "+" + part;
      outcome.messages.push_back(std::move(text));
    }
  }
  return outcome;
}

void put(std::string& stream, std::size_t at, std::uint32_t value) {
  std::string bytes;
  base::Encoder(bytes).u32(value);
  stream.replace(at, bytes.size(), bytes);
}

// Makes frames of the stream: length within it, part size within bounds, protocol version,
// checksum.
void make_frames(std::string& stream) {
  constexpr std::size_t kLengthAt = 4, kVersionAt = 8, kPartAt = 12, kPartMask = 0xFFFF;
  for (std::size_t at = 0; at + node::kFrameHeaderBytes <= stream.size();) {
    const std::string_view head = std::string_view(stream).substr(at);
    const std::size_t room = std::min<std::size_t>(head.size() - node::kFrameHeaderBytes, 255);
    const std::size_t length = base::Decoder(head.substr(kLengthAt)).u32() % (room + 1);
    const std::uint32_t part = base::Decoder(head.substr(kPartAt)).u32() & kPartMask;
    put(stream, at + kLengthAt, static_cast<std::uint32_t>(length));
    put(stream, at + kPartAt, part);
    stream[at + kVersionAt] = static_cast<char>(node::kPeerProtocolVersion);
    const std::string_view checked =
        std::string_view(stream).substr(at + 4, node::kFrameHeaderBytes - 4 + length);
    put(stream, at, base::crc32c(checked));
    at += node::kFrameHeaderBytes + length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) == 0) make_frames(stream);
  const Outcome whole = read(stream, size, 0);
  CHECK(read(stream, 1, 0) == whole);
  CHECK(read(stream, 40, data[0]) == whole);
  return 0;
}
