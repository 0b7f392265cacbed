// What a leader may propose to delete: found in the state by its clock and its need of memory,
// checked again when the entry that says so is applied (DESIGN decisions 3 and 4). Owned copies.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace engine {

// A key that is past its time, with the time that was seen.
struct ExpiredKey {
  std::uint32_t database = 0;
  std::string key;
  base::UnixMillis expiry_ms = 0;
};

// A hash with `count` fields that are past their times, the first since first_ms.
struct ExpiredFields {
  std::uint32_t database = 0;
  std::string key;
  base::UnixMillis first_ms = 0;
  std::uint64_t count = 0;
};

// A key to evict; its fingerprint: what of it must not have changed until then.
struct Victim {
  std::uint32_t database = 0;
  std::string key;
  std::uint64_t fingerprint = 0;
};

}  // namespace engine
