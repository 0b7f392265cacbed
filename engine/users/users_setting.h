// What of the users goes through the log as a setting (engine/elements/batch.h, kSetting), because
// a node's configuration is where it comes from: all users at once (ACL LOAD), those of a cluster
// that has none yet, requirepass, and acl-pubsub-default.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/users/users.h"

namespace engine::users {

inline constexpr std::string_view kUsersSetting = "users";                // Users::encode
inline constexpr std::string_view kFirstUsersSetting = "users-at-first";  // the same
inline constexpr std::string_view kPasswordSetting = "default-password";  // a hash, or empty
inline constexpr std::string_view kChannelsSetting = "acl-pubsub-default";

// While a cluster is being updated: members of the version before do not know users.
inline constexpr std::string_view kTooOldMembers =
    "ERR users are changed when all members of the cluster run this version";

[[nodiscard]] bool is_setting(std::string_view name);
void take_setting(Users& users, std::string_view name, std::string_view value);
// Of acl-pubsub-default; nullopt: another name.
[[nodiscard]] std::optional<std::string> setting_of(const Users& users, std::string_view name);

}  // namespace engine::users
