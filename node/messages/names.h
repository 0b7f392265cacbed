// How nodes, clusters and hosts are named, in log lines and where clients see them.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"

namespace node {

// How log lines name a node ("n1a2b3c4d", as raft's notes do) and a cluster.
[[nodiscard]] std::string short_name(base::NodeId id);
[[nodiscard]] std::string cluster_name(base::ClusterId cluster);
// Names that a node may show to clients as another's: letters, digits and . - _ : % [ ] alone, so
// that none can end a reply or begin another one. At most 255 bytes.
[[nodiscard]] bool is_host(std::string_view text);
// HOST:PORT.
[[nodiscard]] bool is_address(std::string_view text);
// HOST of HOST:PORT; without a port, all of it.
[[nodiscard]] std::string_view host_of(std::string_view address);

}  // namespace node
