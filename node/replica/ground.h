// What the chapters of one replica stand on: the state that the log's prefix has made, the place in
// the log that it is of, log time and chance. Invariant: `engine` is the state at `applied`, but
// for the time within Applier::apply, when it is on its way to the next entry.
#pragma once

#include <cstdint>
#include <optional>

#include "base/prng.h"
#include "engine/command/table.h"
#include "engine/engine.h"
#include "node/config/applying.h"
#include "node/config/config.h"
#include "node/messages/turn.h"
#include "node/replica/checkpointer.h"
#include "node/replica/log_clock.h"

namespace node {

struct ReplicaOptions {
  const engine::CommandTable& commands;  // outlives the replica
  GroupId group = base::kFirstGroup;
  NodeId self;
  std::uint64_t epoch = 0;  // of this run of the node
  std::uint64_t seed = 0;
  std::optional<raft::SnapshotMeta> checkpoint = {};  // what the state store holds: loaded first
  Applying* applying = nullptr;                       // outlives it; nullptr: nobody wants to know
  engine::CommandWatch* command_watch = nullptr;      // outlives it; nullptr: nobody
  CheckpointLimits checkpoint_limits = {};
};

struct Ground {
  Ground(ReplicaOptions given, Config& config_of_node, Turn& turn_of_node)
      : options(given),
        config(config_of_node),
        turn(turn_of_node),
        engine(given.commands),
        prng(given.seed) {}

  const ReplicaOptions options;
  Config& config;
  Turn& turn;
  engine::Engine engine;
  LogIndex applied;
  Term applied_term;
  LogIndex quiet_until;         // CaughtUp
  raft::Membership membership;  // in force at `applied`
  LogClock log_clock;
  base::Prng prng;
};

}  // namespace node
