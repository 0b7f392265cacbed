#include "raft/message.h"

#include "base/codec.h"

namespace raft {
namespace {

using base::Decoder;
using base::Encoder;

void put(Encoder& out, const SnapshotMeta& meta) {
  out.u64(meta.index.value());
  out.u64(meta.term.value());
  out.u64(meta.generation);
  out.bytes(encode_membership(meta.membership));
}

bool get(Decoder& in, SnapshotMeta& meta) {
  meta.index = LogIndex(in.u64());
  meta.term = Term(in.u64());
  meta.generation = in.u64();
  auto membership = decode_membership(in.bytes());
  if (membership) meta.membership = std::move(*membership);
  return membership.has_value();
}

// Payloads from this size on are attached; smaller ones are cheaper to copy.
constexpr std::size_t kAttachedBytesMin = 32 * 1024;
// Of a vote: granted by a node with amnesia.
constexpr std::uint8_t kDoubtfully = 2;
// Follows an entry's kind: how its payload comes.
constexpr std::uint8_t kInline = 0, kAttached = 1;

struct Put {
  Encoder& out;
  std::vector<EntryPtr>* attached = nullptr;  // null: everything inline
  void operator()(const PreVote& m) {
    out.u64(m.next_term.value()), out.u64(m.last_index.value()), out.u64(m.last_term.value());
  }
  void operator()(const PreVoteReply& m) { out.u64(m.next_term.value()), put_grant(m); }
  void operator()(const Vote& m) {
    out.u64(m.last_index.value()), out.u64(m.last_term.value()), out.u8(m.is_transfer);
  }
  void operator()(const VoteReply& m) { put_grant(m); }
  void operator()(const Append& m) {
    out.u64(m.previous_index.value()), out.u64(m.previous_term.value()), out.u64(m.commit.value()),
        out.u64(m.round);
    out.u8(m.is_leasing);
    out.varint(m.entries.size());
    for (const EntryPtr& entry : m.entries) {
      out.u64(entry->term.value());
      out.u8(static_cast<std::uint8_t>(entry->kind));
      const bool is_attached = attached != nullptr && entry->payload.size() >= kAttachedBytesMin;
      out.u8(is_attached ? kAttached : kInline);
      if (is_attached)
        attached->push_back(entry);
      else
        out.bytes(entry->payload);
    }
  }
  void operator()(const AppendReply& m) {
    out.u8(m.success), out.u64(m.match.value()), out.u64(m.conflict_term.value());
    out.u64(m.rejected_previous.value()), out.u64(m.round);
  }
  void operator()(const Heartbeat& m) {
    out.u64(m.commit.value()), out.u64(m.round), out.u8(m.is_leasing);
  }
  void operator()(const HeartbeatReply& m) {
    out.u64(m.round), out.u64(m.last_index.value()), out.u32(m.bound_ms);
  }
  void operator()(const InstallSnapshot& m) {
    put(out, m.meta), out.u64(m.sequence), out.u8(m.is_last), out.bytes(m.bytes);
  }
  void operator()(const InstallSnapshotReply& m) {
    out.u64(m.snapshot_index.value()), out.u64(m.next_sequence), out.u8(m.is_installed);
  }
  void operator()(const TimeoutNow&) {}
  void operator()(const ReadIndex& m) { out.u64(m.request), out.u8(m.is_by_round); }
  void operator()(const ReadIndexReply& m) {
    out.u64(m.request), out.u8(m.is_granted), out.u64(m.index.value());
  }
  void operator()(const Recall& m) { out.u64(m.nonce), out.u64(m.last_index.value()); }
  void operator()(const RecallReply& m) { out.u64(m.nonce), out.u64(m.last_index.value()); }
  template <class Reply>
  void put_grant(const Reply& m) {
    out.u8(!m.granted ? 0 : m.is_doubtful ? kDoubtfully : 1);
  }
};

struct Get {
  Decoder& in;
  std::vector<std::string>& attached;
  std::size_t attached_used = 0;
  bool has_bad_flag = false;
  bool flag() {
    const std::uint8_t byte = in.u8();
    has_bad_flag |= byte > 1;
    return byte != 0;
  }
  bool operator()(PreVote& m) {
    return m = {Term(in.u64()), LogIndex(in.u64()), Term(in.u64())}, true;
  }
  bool operator()(PreVoteReply& m) { return m.next_term = Term(in.u64()), grant(m); }
  bool operator()(Vote& m) { return m = {LogIndex(in.u64()), Term(in.u64()), flag()}, true; }
  bool operator()(VoteReply& m) { return grant(m); }
  bool operator()(Append& m) {
    m.previous_index = LogIndex(in.u64());
    m.previous_term = Term(in.u64());
    m.commit = LogIndex(in.u64());
    m.round = in.u64();
    m.is_leasing = flag();
    const std::uint64_t count = in.varint();
    LogIndex index = m.previous_index;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      index = index.next();
      auto entry = std::make_shared<Entry>();
      entry->index = index;
      entry->term = Term(in.u64());
      const std::uint8_t kind = in.u8();
      if (kind > static_cast<std::uint8_t>(EntryKind::kDissolve)) return false;
      entry->kind = static_cast<EntryKind>(kind);
      const std::uint8_t where = in.u8();
      if (where > kAttached || (where == kAttached && attached_used == attached.size()))
        return false;
      if (where == kAttached)
        entry->payload = std::move(attached[attached_used++]);
      else
        entry->payload = in.bytes();
      m.entries.push_back(std::move(entry));
    }
    return true;
  }
  bool operator()(AppendReply& m) {
    m.success = flag();
    m.match = LogIndex(in.u64());
    m.conflict_term = Term(in.u64());
    m.rejected_previous = LogIndex(in.u64());
    m.round = in.u64();
    return true;
  }
  bool operator()(Heartbeat& m) { return m = {LogIndex(in.u64()), in.u64(), flag()}, true; }
  bool operator()(HeartbeatReply& m) { return m = {in.u64(), LogIndex(in.u64()), in.u32()}, true; }
  bool operator()(InstallSnapshot& m) {
    if (!get(in, m.meta)) return false;
    m.sequence = in.u64();
    m.is_last = flag();
    m.bytes = in.bytes();
    return true;
  }
  bool operator()(InstallSnapshotReply& m) {
    return m = {LogIndex(in.u64()), in.u64(), flag()}, true;
  }
  bool operator()(TimeoutNow&) { return true; }
  bool operator()(ReadIndex& m) { return m = {in.u64(), flag()}, true; }
  bool operator()(ReadIndexReply& m) { return m = {in.u64(), flag(), LogIndex(in.u64())}, true; }
  bool operator()(Recall& m) { return m = {in.u64(), LogIndex(in.u64())}, true; }
  bool operator()(RecallReply& m) { return m = {in.u64(), LogIndex(in.u64())}, true; }
  template <class Reply>
  bool grant(Reply& m) {
    const std::uint8_t byte = in.u8();
    m.granted = byte != 0;
    m.is_doubtful = byte == kDoubtfully;
    return byte <= kDoubtfully;
  }
};

template <std::size_t I = 0>
bool make_body(std::size_t kind, Body& body) {
  if constexpr (I < std::variant_size_v<Body>) {
    if (kind == I) return body.emplace<I>(), true;
    return make_body<I + 1>(kind, body);
  }
  return false;
}

}  // namespace

namespace {

std::string encode(const Message& message, std::vector<EntryPtr>* attached) {
  std::string bytes;
  Encoder out(bytes);
  out.u8(static_cast<std::uint8_t>(message.body.index()));
  out.u32(message.group.value());
  out.u64(message.from.value());
  out.u64(message.to.value());
  out.u64(message.term.value());
  std::visit(Put{out, attached}, message.body);
  return bytes;
}

}  // namespace

std::string encode_message(const Message& message) { return encode(message, nullptr); }

MessageParts encode_parts(const Message& message) {
  MessageParts parts;
  parts.head = encode(message, &parts.attached);
  return parts;
}

std::optional<Message> decode_message(std::string_view bytes) {
  std::vector<std::string> nothing;
  return decode_parts(bytes, nothing);
}

std::optional<Message> decode_parts(std::string_view head, std::vector<std::string>& attached) {
  Decoder in(head);
  Message message;
  const std::uint8_t kind = in.u8();
  message.group = GroupId(in.u32());
  message.from = NodeId(in.u64());
  message.to = NodeId(in.u64());
  message.term = Term(in.u64());
  if (!in.ok() || !make_body(kind, message.body)) return {};
  Get get{in, attached};
  if (!std::visit(get, message.body) || !in.ok() || !in.at_end() || get.has_bad_flag ||
      get.attached_used != attached.size() || !is_possible(message))
    return {};
  return message;
}

bool is_bulk(const Message& message) {
  const auto* append = std::get_if<Append>(&message.body);
  return (append != nullptr && !append->entries.empty()) ||
         std::holds_alternative<InstallSnapshot>(message.body);
}

}  // namespace raft
