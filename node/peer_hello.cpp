#include "node/peer_hello.h"

#include <algorithm>

#include "base/codec.h"

namespace node {
namespace {

using base::Decoder;
using base::Encoder;

// More members than any cluster has; bounds what a decoder allocates.
constexpr std::uint64_t kMetMax = 1024;

void put(Encoder& out, const BirthStatus& status) {
  out.u64(status.version);
  out.u8(status.is_complete ? 1 : 0);
  out.varint(status.met.size());
  for (const NodeId id : status.met) out.u64(id.value());
}

bool get(Decoder& in, BirthStatus& status) {
  status.version = in.u64();
  const std::uint8_t is_complete = in.u8();
  const std::uint64_t count = in.varint();
  if (is_complete > 1 || count > kMetMax) return false;
  status.is_complete = is_complete == 1;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) status.met.emplace_back(in.u64());
  return in.ok() && std::is_sorted(status.met.begin(), status.met.end());
}

std::string hex(std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < digits; ++i) text.push_back(kDigits[(value >> (60 - 4 * i)) & 15]);
  return text;
}

}  // namespace

std::string encode_hello(const Hello& hello) {
  std::string bytes;
  Encoder out(bytes);
  out.u64(hello.id.value());
  out.u64(hello.epoch);
  out.u64(hello.cluster.value());
  out.bytes(hello.announcement.host);
  out.u16(hello.announcement.client_port);
  out.u16(hello.announcement.raft_port);
  out.bytes(hello.announcement.hostname);
  put(out, hello.birth);
  return bytes;
}

std::optional<Hello> decode_hello(std::string_view bytes) {
  Decoder in(bytes);
  Hello hello;
  hello.id = NodeId(in.u64());
  hello.epoch = in.u64();
  hello.cluster = base::ClusterId(in.u64());
  hello.announcement.host = in.bytes();
  hello.announcement.client_port = in.u16();
  hello.announcement.raft_port = in.u16();
  hello.announcement.hostname = in.bytes();
  if (!get(in, hello.birth) || !in.at_end() || hello.id.is_none()) return {};
  return hello;
}

std::string encode_birth_status(const BirthStatus& status) {
  std::string bytes;
  Encoder out(bytes);
  put(out, status);
  return bytes;
}

std::optional<BirthStatus> decode_birth_status(std::string_view bytes) {
  Decoder in(bytes);
  BirthStatus status;
  if (!get(in, status) || !in.at_end()) return {};
  return status;
}

std::string encode_cluster_id(base::ClusterId cluster) {
  std::string bytes;
  Encoder(bytes).u64(cluster.value());
  return bytes;
}

std::optional<base::ClusterId> decode_cluster_id(std::string_view bytes) {
  Decoder in(bytes);
  const base::ClusterId cluster(in.u64());
  if (!in.ok() || !in.at_end() || cluster.is_none()) return {};
  return cluster;
}

std::string short_name(NodeId id) { return "n" + hex(id.value(), 8); }

std::string cluster_name(base::ClusterId cluster) { return "c" + hex(cluster.value(), 8); }

std::string_view host_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? address : address.substr(0, colon);
}

}  // namespace node
