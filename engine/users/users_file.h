// Users in lines, as the ACL file and the configuration have them: "user NAME RULE ...".
#pragma once

#include <string>
#include <string_view>

#include "engine/users/users.h"

namespace engine::users {

// Reads all lines into `users`. Empty: they are right, else everything that is wrong, in the words
// of Redis 7.0's ACL LOAD. Empty lines say nothing. `file`: as errors name it.
[[nodiscard]] std::string read_users(std::string_view text, std::string_view file,
                                     const CommandCatalog& catalog, bool has_all_channels,
                                     Users::ByName& users);

}  // namespace engine::users
