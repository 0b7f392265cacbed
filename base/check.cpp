#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace base {

void check_failed(const char* claim, const char* file, int line) noexcept {
  std::fprintf(stderr, "quorate: internal error: %s:%d: claim is false: %s\n", file, line, claim);
  std::fflush(stderr);
  std::abort();
}

}  // namespace base
