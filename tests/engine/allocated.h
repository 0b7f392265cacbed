// How much memory this process has allocated, as the server's allocator would round it: operator
// new of this test program counts.
#pragma once

#include <cstddef>

namespace engine {

[[nodiscard]] std::size_t allocated_bytes();

}  // namespace engine
