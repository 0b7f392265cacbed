#include "node/consensus/service_hints.h"

#include <string>

#include "base/check.h"
#include "base/codec.h"

namespace node {

void ServiceHints::tell(const TellUses& message) {
  tell_members(WireKind::kUses, message.group, message.uses);
}

void ServiceHints::tell(const TellApplied& message) {
  tell_members(WireKind::kApplied, message.group, encode_report(message.report));
}

void ServiceHints::tell_members(WireKind kind, GroupId group, std::string_view what) {
  const Group* known = groups_.find(group);
  CHECK(known != nullptr);
  std::string body;
  base::Encoder(body).u32(group.value());
  body += what;
  for (const raft::Member& member : known->raft().membership().members)
    if (member.id != self_) links_.send(member.id, kind, body);
}

void ServiceHints::on_uses(const WireMessage& said) {
  base::Decoder in(said.body);
  const GroupId group(in.u32());
  if (!in.ok() || groups_.find(group) == nullptr) return;
  outgoing_.tell(UsesTold{group, said.body.substr(sizeof(std::uint32_t))});
}

bool ServiceHints::on_applied(NodeId from, const WireMessage& said) {
  base::Decoder in(said.body);
  const GroupId group(in.u32());
  const auto report = decode_report(in.rest());
  if (!report || !in.ok()) return false;
  outgoing_.tell(AppliedTold{group, from, *report});
  return true;
}

}  // namespace node
