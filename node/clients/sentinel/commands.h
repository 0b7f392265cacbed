// What the sentinel door admits: SENTINEL and ROLE as a Redis Sentinel answers them, and of the
// data doors' commands those that a Redis Sentinel has too. SENTINEL is in no other table, because
// some clients would take a node that knows it for a sentinel.
#pragma once

#include <string>

#include "engine/command/table.h"

namespace node::sentinel {

// Made at the first call.
[[nodiscard]] const engine::CommandTable& commands();

// The section of INFO.
[[nodiscard]] std::string info_section(const engine::LocalCall& call);

}  // namespace node::sentinel
