// What the driver is told of the connections at the end of a turn. Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace node {

struct ClientsOutput {
  std::vector<base::ConnectionId> dirty;            // have unsent bytes now
  std::vector<base::ConnectionId> closes;           // close after what is unsent has been written
  std::vector<base::ConnectionId> kills;            // close at once
  std::vector<base::ConnectionId> pauses, resumes;  // stop, go on reading from it
  base::Duration sleep{};  // DEBUG SLEEP: the service thread sleeps this long before its next turn
  std::optional<std::string> config_rewrite;  // CONFIG REWRITE: new text of the configuration file
  bool wants_shutdown = false;                // SHUTDOWN
};

}  // namespace node
