// CHECK: a claim about our own code, tested in release builds too. A false claim ends the process
// with file, line and the claim; it is never used for input from a client, a peer or a disk (those
// are replies and Results).
#pragma once

namespace base {
[[noreturn]] void check_failed(const char* claim, const char* file, int line) noexcept;
}  // namespace base

#define CHECK(claim)                               \
  (static_cast<bool>(claim) ? static_cast<void>(0) \
                            : ::base::check_failed(#claim, __FILE__, __LINE__))
