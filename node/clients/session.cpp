#include "node/clients/session.h"

namespace node {

void Session::reset_modes() {
  modes = {};
  multi.end();
  maintenance = {};
}

std::int64_t client_id(base::NodeId node, base::ConnectionId connection) {
  constexpr std::uint64_t kConnectionBits = 40;
  constexpr std::uint64_t kNodeMask = (1U << 12) - 1;
  const std::uint64_t low = connection.value() & ((1ULL << kConnectionBits) - 1);
  return static_cast<std::int64_t>(((node.value() & kNodeMask) << kConnectionBits) | low);
}

}  // namespace node
