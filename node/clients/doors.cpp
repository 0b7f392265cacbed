#include "node/clients/doors.h"

#include "node/clients/commands/registry.h"
#include "node/clients/sentinel/commands.h"

namespace node {
namespace {

constexpr DoorManners kOfData{.commands = commands};
constexpr DoorManners kOfPlain{.commands = commands, .door_elsewhere = &PeerView::plain_port};
constexpr DoorManners kOfSentinel{.commands = sentinel::commands,
                                  .mode = "sentinel",
                                  .port_directive = "sentinel-port",
                                  .has_data = false,
                                  .unjudged_prefix = "sentinel|",
                                  .door_elsewhere = &PeerView::sentinel_port};

}  // namespace

const DoorManners& manners_of(Door door) {
  switch (door) {
    case Door::kSentinelPort: return kOfSentinel;
    case Door::kPlainPort: return kOfPlain;
    case Door::kPort:
    case Door::kUnixSocket: break;
  }
  return kOfData;
}

std::string_view mode_at(Door door, bool is_cluster_enabled) {
  const std::string_view mode = manners_of(door).mode;
  if (!mode.empty()) return mode;
  return is_cluster_enabled ? "cluster" : "standalone";
}

}  // namespace node
