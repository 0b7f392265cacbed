// How long things took, for SLOWLOG, LATENCY, INFO and MONITOR's microseconds: a measure that no
// decision may depend on. The server's driver hands one in; without one (simulator, tests)
// everything takes no time. See docs/decisions/a-stopwatch-from-outside.md.
#pragma once

#include "base/time.h"

namespace base {

class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  [[nodiscard]] virtual Instant read() const = 0;
};

}  // namespace base
