#include "raft/types.h"

#include <algorithm>

#include "base/codec.h"

namespace raft {

const Member* Membership::find(NodeId id) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [id](const Member& member) { return member.id == id; });
  return found == members.end() ? nullptr : &*found;
}

std::size_t Membership::voter_count() const {
  return static_cast<std::size_t>(
      std::count_if(members.begin(), members.end(), [](const Member& m) { return m.is_voter; }));
}

std::string encode_membership(const Membership& membership) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(membership.cluster.value());
  out.varint(membership.version.value());
  out.varint(membership.members.size());
  for (const Member& member : membership.members) {
    out.u64(member.id.value());
    out.bytes(member.address);
    out.u8(member.is_voter ? 1 : 0);
  }
  return bytes;
}

std::optional<Membership> decode_membership(std::string_view bytes) {
  base::Decoder in(bytes);
  Membership membership;
  membership.cluster = base::ClusterId(in.u64());
  membership.version = LogIndex(in.varint());
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Member member;
    member.id = NodeId(in.u64());
    member.address = in.bytes();
    const std::uint8_t is_voter = in.u8();
    member.is_voter = is_voter != 0;
    const bool is_in_order = membership.members.empty() || membership.members.back().id < member.id;
    if (is_voter > 1 || member.id.is_none() || !is_in_order) return {};
    membership.members.push_back(std::move(member));
  }
  if (!in.ok() || !in.at_end()) return {};
  return membership;
}

}  // namespace raft
