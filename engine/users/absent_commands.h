// Commands of Redis 7.0 that are not carried out here, or not yet, with their categories: a rule
// may name them, and whoever describes a user's rights by categories counts them as Redis does.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/command/acl_category.h"

namespace engine::users {

struct AbsentCommand {
  std::string_view name;  // a subcommand's is "container|sub", behind its container
  std::uint64_t categories;
};

// What the command table has too counts no more.
inline constexpr AbsentCommand kAbsentCommands[] = {
    {"client|caching", kAclConnection | kAclSlow},
    {"client|getredir", kAclConnection | kAclSlow},
    {"client|tracking", kAclConnection | kAclSlow},
    {"client|trackinginfo", kAclConnection | kAclSlow},
    {"failover", kAclAdmin | kAclDangerous | kAclSlow},
    {"fcall", kAclScripting | kAclSlow},
    {"fcall_ro", kAclScripting | kAclSlow},
    {"function|delete", kAclScripting | kAclSlow | kAclWrite},
    {"function|kill", kAclScripting | kAclSlow},
    {"function|load", kAclScripting | kAclSlow | kAclWrite},
    {"migrate", kAclDangerous | kAclKeyspace | kAclSlow | kAclWrite},
    {"module", kAclSlow},
    {"module|help", kAclSlow},
    {"module|list", kAclAdmin | kAclDangerous | kAclSlow},
    {"module|load", kAclAdmin | kAclDangerous | kAclSlow},
    {"module|loadex", kAclAdmin | kAclDangerous | kAclSlow},
    {"module|unload", kAclAdmin | kAclDangerous | kAclSlow},
    {"psubscribe", kAclPubsub | kAclSlow},
    {"psync", kAclAdmin | kAclDangerous | kAclSlow},
    {"publish", kAclFast | kAclPubsub},
    {"pubsub", kAclSlow},
    {"pubsub|channels", kAclPubsub | kAclSlow},
    {"pubsub|help", kAclSlow},
    {"pubsub|numpat", kAclPubsub | kAclSlow},
    {"pubsub|numsub", kAclPubsub | kAclSlow},
    {"pubsub|shardchannels", kAclPubsub | kAclSlow},
    {"pubsub|shardnumsub", kAclPubsub | kAclSlow},
    {"punsubscribe", kAclPubsub | kAclSlow},
    {"replconf", kAclAdmin | kAclDangerous | kAclSlow},
    {"replicaof", kAclAdmin | kAclDangerous | kAclSlow},
    {"slaveof", kAclAdmin | kAclDangerous | kAclSlow},
    {"spublish", kAclFast | kAclPubsub},
    {"ssubscribe", kAclPubsub | kAclSlow},
    {"subscribe", kAclPubsub | kAclSlow},
    {"sunsubscribe", kAclPubsub | kAclSlow},
    {"sync", kAclAdmin | kAclDangerous | kAclSlow},
    {"unsubscribe", kAclPubsub | kAclSlow}};

}  // namespace engine::users
