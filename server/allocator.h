// The allocator of the process: jemalloc, in sanitized builds that of the sanitizer.
#pragma once

#include "node/service.h"

namespace server {

// Fills in what the allocator says of itself. Any thread.
void read_allocator(node::ProcessFacts& facts);

}  // namespace server
