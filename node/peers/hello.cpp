#include "node/peers/hello.h"

#include <algorithm>

#include "base/codec.h"
#include "base/number.h"
#include "engine/types/hash_secret.h"

namespace node {
namespace {

using base::Decoder;
using base::Encoder;

// More members than any cluster has; bounds what a decoder allocates.
constexpr std::uint64_t kMetMax = 1024;
constexpr std::uint64_t kUnknownVersion = ~std::uint64_t{0};

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

void put(Encoder& out, const Announcement& announcement) {
  out.bytes(announcement.host);
  out.u16(announcement.client_port);
  out.u16(announcement.raft_port);
  out.bytes(announcement.hostname);
  out.u16(announcement.plain_port);
  out.u16(announcement.sentinel_port);
}

bool get(Decoder& in, Announcement& announcement) {
  announcement.host = in.bytes();
  announcement.client_port = in.u16();
  announcement.raft_port = in.u16();
  announcement.hostname = in.bytes();
  announcement.plain_port = in.u16();
  announcement.sentinel_port = in.u16();
  const auto is_nothing_or_host = [](const std::string& name) {
    return name.empty() || is_host(name);
  };
  return in.ok() && is_nothing_or_host(announcement.host) &&
         is_nothing_or_host(announcement.hostname);
}

void put(Encoder& out, const Holding& holding) {
  out.u64(holding.term.value());
  out.u64(holding.vote.value());
  out.u64(holding.last_index.value());
  out.u8(holding.may_have_forgotten ? 1 : 0);
}

bool get(Decoder& in, Holding& holding) {
  holding.term = Term(in.u64());
  holding.vote = NodeId(in.u64());
  holding.last_index = LogIndex(in.u64());
  const std::uint8_t may_have_forgotten = in.u8();
  holding.may_have_forgotten = may_have_forgotten == 1;
  return may_have_forgotten <= 1;
}

}  // namespace

std::string encode_hello(const Hello& hello) {
  std::string bytes;
  Encoder out(bytes);
  out.u64(hello.id.value());
  out.u64(hello.epoch);
  out.u64(hello.cluster.value());
  put(out, hello.announcement);
  put(out, hello.birth);
  out.u8(hello.is_visit ? 1 : 0);
  out.u64(hello.version ? hello.version->value() : kUnknownVersion);
  put(out, hello.holding);
  out.u8(hello.wants_vote ? 1 : 0);
  return bytes;
}

std::optional<Hello> decode_hello(std::string_view bytes) {
  Decoder in(bytes);
  Hello hello;
  hello.id = NodeId(in.u64());
  hello.epoch = in.u64();
  hello.cluster = base::ClusterId(in.u64());
  if (!get(in, hello.announcement) || !get(in, hello.birth)) return {};
  const std::uint8_t is_visit = in.u8();
  const std::uint64_t version = in.u64();
  if (!get(in, hello.holding)) return {};
  const std::uint8_t wants_vote = in.u8();
  const bool are_flags = is_visit <= 1 && wants_vote <= 1;
  if (!in.ok() || !in.at_end() || !are_flags || hello.id.is_none()) return {};
  hello.is_visit = is_visit == 1;
  hello.wants_vote = wants_vote == 1;
  if (version != kUnknownVersion) hello.version = LogIndex(version);
  return hello;
}

std::string encode_announcement(const Announcement& announcement) {
  std::string bytes;
  Encoder out(bytes);
  put(out, announcement);
  return bytes;
}

std::optional<Announcement> decode_announcement(std::string_view bytes) {
  Decoder in(bytes);
  Announcement announcement;
  if (!get(in, announcement) || !in.at_end()) return {};
  return announcement;
}

std::string encode_removal(const Removal& removal) {
  std::string bytes;
  Encoder out(bytes);
  out.u64(removal.cluster.value());
  out.u64(removal.version.value());
  return bytes;
}

std::optional<Removal> decode_removal(std::string_view bytes) {
  Decoder in(bytes);
  Removal removal;
  removal.cluster = base::ClusterId(in.u64());
  removal.version = LogIndex(in.u64());
  if (!in.ok() || !in.at_end() || removal.cluster.is_none()) return {};
  return removal;
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

std::uint64_t cluster_proof(base::ClusterId cluster, NodeId told) {
  std::string bytes;
  Encoder(bytes).u64(told.value());
  const engine::HashSecret key{.first = cluster.value(), .second = 0};
  return std::max<std::uint64_t>(key.hash_of(bytes), 1);
}

std::string encode_proof(std::uint64_t proof) {
  std::string bytes;
  Encoder(bytes).u64(proof);
  return bytes;
}

std::uint64_t decode_proof(std::string_view bytes) {
  Decoder in(bytes);
  const std::uint64_t proof = in.u64();
  return in.ok() && in.at_end() ? proof : 0;
}

}  // namespace node
