// Where clients and peers find this node.
#pragma once

#include "node/config/config.h"
#include "node/messages/messages.h"

namespace node {

// As the configuration says it.
[[nodiscard]] Announcement announcement_of(const Config& config);

}  // namespace node
