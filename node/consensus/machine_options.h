// How the parts of the consensus machine are set up by what the node was started with.
#pragma once

#include "node/consensus/birth.h"
#include "node/consensus/consensus.h"
#include "node/peers/links.h"

namespace node {

// This node waits to be added to a cluster: it was met, or it wishes to be no voter, and voters
// found.
[[nodiscard]] bool founds_nothing(const ConsensusOptions& options);
[[nodiscard]] Birth::Options birth_options(const ConsensusOptions& options);
[[nodiscard]] PeerLinks::Options link_options(const ConsensusOptions& options);
// In this directory, at the start.
[[nodiscard]] Holding found_holding(const ConsensusOptions& options);
[[nodiscard]] raft::Options raft_options(const ConsensusOptions& options);

}  // namespace node
