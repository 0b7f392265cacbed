// A client as CLIENT LIST, CLIENT INFO and ACL LOG show it.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "node/clients/session.h"

namespace node {

[[nodiscard]] std::string client_line(base::NodeId self, base::Instant now, const Session& session);

}  // namespace node
