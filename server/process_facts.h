// What only the running process can say of itself: memory, CPU time, sizes of files.
#pragma once

#include "node/service.h"

namespace server {

[[nodiscard]] node::ProcessFacts read_process_facts();

}  // namespace server
