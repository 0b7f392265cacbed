// A command as those who said MONITOR see it, word for word as Redis 7.0 writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/command/command.h"

namespace node {

// `origin`: who sent it.
void append_monitor_line(std::string& out, std::int64_t wall_ms, std::uint32_t database,
                         std::string_view origin, engine::Arguments words);

}  // namespace node
