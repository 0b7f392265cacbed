#include "base/failpoint.h"

#ifdef QUORATE_FAILPOINTS
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <string>

#include "base/number.h"

namespace base {
namespace {

std::atomic<std::size_t> armed{kNoFailpoint};
std::atomic<std::int64_t> passes_left{0};

}  // namespace

bool arm_failpoint(std::string_view what) {
  const std::size_t colon = what.find(':');
  const std::size_t number = find_failpoint(what.substr(0, colon));
  const auto passes = colon == std::string_view::npos ? std::optional<std::int64_t>(1)
                                                      : parse_integer(what.substr(colon + 1));
  if (number == kNoFailpoint || !passes || *passes < 1) return false;
  passes_left = *passes;
  armed = number;
  return true;
}

void pass_failpoint(std::size_t number) noexcept {
  if (armed != number || --passes_left != 0) return;
  const std::string line =
      "quorate: dies at failpoint " + std::string(kFailpoints[number].name) + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace base
#endif
