// Up to which size a collection is kept packed.
#pragma once

#include <cstdint>

namespace engine {

// Redis 7.0's names and meanings: hash-max-listpack-entries, hash-max-listpack-value and their kin.
struct PackedLimits {
  std::uint64_t entries_max = 0;
  std::uint64_t bytes_max = 0;  // of one element
};

}  // namespace engine
