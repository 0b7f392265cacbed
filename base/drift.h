// What two clocks that are not the same have in common. Invariant: both run within so many percent
// of true time (DESIGN decision 9, raft-clock-drift-max).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace base {

// What of `duration`, measured by one clock, has surely not passed by another when this much has
// passed here.
constexpr Duration within_drift(Duration duration, std::int64_t drift_percent_max) {
  return duration * (100 - drift_percent_max) / (100 + drift_percent_max);
}

}  // namespace base
