// Replicated settings (DESIGN decision 8): the log's values rule. This node's table shows them, and
// CONFIG REWRITE writes them.
#pragma once

#include "engine/engine.h"
#include "node/config/config.h"

namespace node {

void follow_settings(const engine::Engine& engine, Config& config);

}  // namespace node
