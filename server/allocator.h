// The allocator of the process: jemalloc, in sanitized builds that of the sanitizer.
#pragma once

#include "node/service.h"

namespace server {

// Before the first thread is started. False: the allocator does not know what it is asked for, and
// whoever frees much memory at once may be held.
bool set_up_allocator();
// Fills in what the allocator says of itself. Any thread.
void read_allocator(node::ProcessFacts& facts);

}  // namespace server
