#include "node/clients/commands/registry.h"

#include "engine/commands/families.h"

namespace node {
namespace {

constexpr const Family* kFamilies[] = {
    &kAclFamily,       &kClientFamily,     &kClusterFamily,     &kClusterChangesFamily,
    &kCommandFamily,   &kConfigFamily,     &kConnectionFamily,  &kDebugFamily,
    &kInfoFamily,      &kLatencyFamily,    &kMaintenanceFamily, &kMemoryFamily,
    &kModuleFamily,    &kNoReplicasFamily, &kPersistenceFamily, &kPubsubFamily,
    &kScriptingFamily, &kSlowlogFamily,    &kTrackingFamily,    &kTransactionsFamily};

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

const engine::CommandTable& commands() {
  static const engine::CommandTable table({engine::commands::families(), kFamilies});
  return table;
}

}  // namespace node
