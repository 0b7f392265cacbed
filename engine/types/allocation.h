// What the allocator of the server (jemalloc) takes for a block, so that figures of memory say what
// is allocated and are a function of the state all the same. A block that stays within its size
// class is changed in place.
#pragma once

#include <bit>
#include <cstddef>

namespace engine {

// The size class: steps of 16 up to 128, above four to each doubling.
[[nodiscard]] constexpr std::size_t allocation_bytes(std::size_t bytes) {
  if (bytes == 0) return 0;
  if (bytes <= 8) return 8;
  const std::size_t step = bytes <= 128 ? 16 : std::bit_ceil(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

}  // namespace engine
