#include "node/consensus/cluster_orders.h"

#include "base/codec.h"
#include "node/peers/hello.h"

namespace node {
namespace {

struct Put {
  base::Encoder& out;
  void operator()(const raft::AddLearner& order) const {
    out.u64(order.id.value());
    out.bytes(order.address);
  }
  void operator()(const raft::RemoveMember& order) const { out.u64(order.id.value()); }
  void operator()(const raft::SetAddress& order) const {
    out.u64(order.id.value());
    out.bytes(order.address);
  }
  void operator()(const HandOver& order) const { out.u64(order.to.value()); }
  void operator()(const raft::ReplaceMember& order) const {
    out.u64(order.old.value());
    out.u64(order.id.value());
  }
};

template <class Order>
std::optional<ClusterOrder> with_address(base::NodeId id, std::string_view address) {
  if (!is_address(address)) return {};
  return Order{id, std::string(address)};
}

std::optional<ClusterOrder> get(base::Decoder& in, std::uint8_t kind) {
  const base::NodeId id(in.u64());
  if (!in.ok() || id.is_none()) return {};
  switch (kind) {
    case 0: return with_address<raft::AddLearner>(id, in.bytes());
    case 1: return raft::RemoveMember{id};
    case 2: return with_address<raft::SetAddress>(id, in.bytes());
    case 3: return HandOver{id};
    case 4: {
      const base::NodeId next(in.u64());
      if (next.is_none()) return {};
      return raft::ReplaceMember{id, next};
    }
    default: return {};
  }
}

}  // namespace

std::string encode_order(const OrderForwarded& forwarded) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(forwarded.number);
  out.u8(static_cast<std::uint8_t>(forwarded.order.index()));
  std::visit(Put{out}, forwarded.order);
  return bytes;
}

std::optional<OrderForwarded> decode_order(std::string_view bytes) {
  base::Decoder in(bytes);
  OrderForwarded forwarded;
  forwarded.number = in.u64();
  const std::uint8_t kind = in.u8();
  auto order = get(in, kind);
  if (!order || !in.ok() || !in.at_end()) return {};
  forwarded.order = std::move(*order);
  return forwarded;
}

std::string encode_order_answer(const OrderAnswered& answer) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(answer.number);
  out.u8(static_cast<std::uint8_t>(answer.fate));
  out.bytes(answer.error);
  return bytes;
}

std::optional<OrderAnswered> decode_order_answer(std::string_view bytes) {
  base::Decoder in(bytes);
  OrderAnswered answer;
  answer.number = in.u64();
  const std::uint8_t fate = in.u8();
  answer.error = in.bytes();
  if (!in.ok() || !in.at_end() || fate > static_cast<std::uint8_t>(OrderFate::kRefused)) return {};
  answer.fate = static_cast<OrderFate>(fate);
  return answer;
}

}  // namespace node
