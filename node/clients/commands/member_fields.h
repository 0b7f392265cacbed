// The members of the cluster in words, the same for INFO raft and CLUSTER INFO.
#pragma once

#include <string>
#include <string_view>

#include "node/messages/cluster_view.h"

namespace node {

[[nodiscard]] std::string_view role_name(raft::Role role);
// Lines "PREFIXvoters:ID,ID", "PREFIXlearners:", "PREFIXchange_in_flight:" and for each other
// member "PREFIXpeerN:id=ID,...", each with its line end. Lags are known by the leader alone.
[[nodiscard]] std::string member_fields(const ClusterView& view, std::string_view prefix);

}  // namespace node
