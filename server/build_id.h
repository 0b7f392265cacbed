// Which build this is: the identity that the linker writes into the program, a hash of it.
#pragma once

#include <string>

namespace server {

// 16 hex digits, the same for every start of one binary; zeros if the linker wrote none.
[[nodiscard]] std::string build_id();

}  // namespace server
