// What a simulation ends with when a claim about the cluster turns out false. Thrown by checks and
// caught where one seed is run; nothing outside tests/sim sees it.
#pragma once

#include <stdexcept>
#include <string>

namespace sim {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace sim

// `text` is made only when the claim is false.
#define DEMAND(claim, text)                   \
  do {                                        \
    if (!(claim)) throw sim::Violation(text); \
  } while (false)
