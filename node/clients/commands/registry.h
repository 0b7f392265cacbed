// The commands that a node answers by itself, in families as the engine's are (a row stands at the
// end of the file that answers it), and the table of all commands. A new file is named here and in
// registry.cpp.
#pragma once

#include <span>

#include "engine/command/row.h"
#include "engine/command/table.h"

namespace node {

// Rows read here as they do in the engine.
using engine::all_keys;
using engine::CommandRow;
using engine::Family;
using engine::kKeyLook;
using engine::kNoKeys;
using engine::kNotKey;
using engine::one_key;
using engine::row;
using engine::Special;
using enum engine::AclCategory;
using enum engine::Flag;
using enum engine::Trait;

extern const Family kAclFamily;
extern const Family kClientFamily;
extern const Family kClusterFamily;
extern const Family kClusterChangesFamily;
extern const Family kCommandFamily;
extern const Family kConfigFamily;
extern const Family kConnectionFamily;
extern const Family kDebugFamily;
extern const Family kInfoFamily;
extern const Family kLatencyFamily;
extern const Family kMaintenanceFamily;
extern const Family kMemoryFamily;
extern const Family kModuleFamily;
extern const Family kNoReplicasFamily;
extern const Family kPersistenceFamily;
extern const Family kPubsubFamily;
extern const Family kScriptingFamily;
extern const Family kSlowlogFamily;
extern const Family kTrackingFamily;
extern const Family kTransactionsFamily;

[[nodiscard]] std::span<const Family* const> families();
// All that the server knows at its data doors: the engine's commands and the node's own. Made at
// the first call.
[[nodiscard]] const engine::CommandTable& commands();

}  // namespace node
