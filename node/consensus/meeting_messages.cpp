#include "node/consensus/meeting_messages.h"

#include "base/codec.h"
#include "node/peers/hello.h"

namespace node {
namespace {

constexpr std::uint64_t kAddressesMax = 1024;

void put(base::Encoder& out, const Invitation& invitation) {
  out.u64(invitation.cluster.value());
  out.varint(invitation.addresses.size());
  for (const std::string& address : invitation.addresses) out.bytes(address);
}

bool get(base::Decoder& in, Invitation& invitation) {
  invitation.cluster = base::ClusterId(in.u64());
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > kAddressesMax) return false;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    invitation.addresses.emplace_back(in.bytes());
    if (!is_address(invitation.addresses.back())) return false;
  }
  return in.ok() && !invitation.cluster.is_none();
}

}  // namespace

std::string encode_invitation(const Invitation& invitation) {
  std::string bytes;
  base::Encoder out(bytes);
  put(out, invitation);
  return bytes;
}

std::optional<Invitation> decode_invitation(std::string_view bytes) {
  base::Decoder in(bytes);
  Invitation invitation;
  if (!get(in, invitation) || !in.at_end()) return {};
  return invitation;
}

std::string encode_invitation_answer(const InvitationAnswered& answer) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u8(static_cast<std::uint8_t>(answer.answer));
  out.u64(answer.id.value());
  out.bytes(answer.seen_host);
  out.bytes(answer.text);
  return bytes;
}

std::optional<InvitationAnswered> decode_invitation_answer(std::string_view bytes) {
  base::Decoder in(bytes);
  InvitationAnswered answered;
  const std::uint8_t answer = in.u8();
  answered.id = base::NodeId(in.u64());
  answered.seen_host = in.bytes();
  answered.text = in.bytes();
  const bool is_known = answer <= static_cast<std::uint8_t>(InvitationAnswer::kWaits);
  if (!in.ok() || !in.at_end() || !is_known) return {};
  answered.answer = static_cast<InvitationAnswer>(answer);
  if (answered.answer == InvitationAnswer::kAccepted && answered.id.is_none()) return {};
  return answered;
}

std::string encode_dissolution(const Dissolution& dissolution) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(dissolution.id.value());
  put(out, dissolution.invitation);
  return bytes;
}

std::optional<Dissolution> decode_dissolution(std::string_view bytes) {
  base::Decoder in(bytes);
  Dissolution dissolution;
  dissolution.id = base::NodeId(in.u64());
  if (!get(in, dissolution.invitation) || !in.at_end() || dissolution.id.is_none()) return {};
  return dissolution;
}

}  // namespace node
