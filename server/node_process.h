// One node as a process: opens the directory, fits log and checkpoint together, starts the four
// threads, runs until it is stopped, and ends them in order.
#pragma once

#include <string>
#include <vector>

#include "node/config/config.h"

namespace server {

struct StartedBy {
  std::string executable;
  std::string config_file;  // absolute; empty if none was given
};

// Returns the exit code of the process. Errors are told on the log and standard error.
[[nodiscard]] int run_node(const node::Config& config, const StartedBy& started_by,
                           const std::vector<std::string>& warnings);

}  // namespace server
