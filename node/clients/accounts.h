// What a node knows of users besides the replicated ones: those of its configuration, who count for
// as long as the cluster has none of its own, and the log of what was refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/users/users.h"
#include "node/clients/access_log.h"
#include "node/config/config.h"

namespace node {

struct Accounts {
  explicit Accounts(const engine::CommandTable& commands) : configured(commands) {}

  engine::users::Users configured;
  AccessLog refusals;
  std::uint64_t passwords_made = 0;  // by ACL GENPASS

  // The cluster's, or those of the configuration before the log says anything of users.
  [[nodiscard]] const engine::users::Users& in_force(const engine::Engine& engine) const {
    return engine.users().is_untouched() ? configured : engine.users();
  }
};

// Whoever connects may go on without a password.
[[nodiscard]] inline bool is_open(const engine::users::Users& users) {
  return users.default_user().is_on() && users.default_user().needs_no_password();
}

// The users that a configuration names: its `user` lines, the text of its ACL file, requirepass.
// The error is to keep the node from starting.
[[nodiscard]] base::Status load_configured_users(const Config& config, std::string_view file_text,
                                                 engine::users::Users& users);

// As CONFIG SET requirepass puts it into the log: a hash, or nothing for no password.
[[nodiscard]] std::string password_hash(std::string_view password);

}  // namespace node
