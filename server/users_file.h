// The file that `aclfile` names. Users of a fresh cluster come from it, ACL LOAD reads it, and ACL
// SAVE writes it.
#pragma once

#include <string>

#include "base/result.h"
#include "node/config/config.h"

namespace server {

// Its text; empty if the configuration names none. An error if it cannot be read, or if the users
// that the configuration and the file name are not well-formed.
[[nodiscard]] base::Result<std::string> read_users_file(const node::Config& config);

// The text alone; `error`: why it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path, std::string& error);

}  // namespace server
