// What the members of a cluster ask their leader to do (docs/decisions/membership.md), and its wire
// form (docs/formats.md, "Peer links"). Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "raft/raft.h"

namespace node {

// The leader is to hand over to `to`. Done when the leader has begun; whoever asked sees whether it
// becomes leader.
struct HandOver {
  base::NodeId to;
};
using ClusterOrder = std::variant<raft::AddLearner, raft::RemoveMember, raft::SetAddress, HandOver,
                                  raft::ReplaceMember>;

struct OrderForwarded {
  std::uint64_t number = 0;  // of the asker, who takes the answer with it
  ClusterOrder order;
};
enum class OrderFate : std::uint8_t { kDone = 0, kAgain = 1, kRefused = 2 };
struct OrderAnswered {
  std::uint64_t number = 0;
  OrderFate fate = OrderFate::kDone;
  std::string error;  // of kRefused, as a reply says it, without the dash
};

[[nodiscard]] std::string encode_order(const OrderForwarded& order);
[[nodiscard]] std::optional<OrderForwarded> decode_order(std::string_view bytes);
[[nodiscard]] std::string encode_order_answer(const OrderAnswered& answer);
[[nodiscard]] std::optional<OrderAnswered> decode_order_answer(std::string_view bytes);

}  // namespace node
