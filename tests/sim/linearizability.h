// Is the history of one key linearizable? The search of Wing and Gong with Lowe's memory of what
// was tried (set of operations placed, state). Two things are added to real time: the operations of
// one connection take effect in the order sent, although a pipeline sends them at once; and an
// operation with an unknown outcome may take effect at any time after it was sent, or never.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/history.h"

namespace sim {

enum class Verdict : std::uint8_t { kLinearizable, kNotLinearizable, kUndecided };

// Undecided: more than `states_max` were tried. Cost: exponential in the operations that overlap.
[[nodiscard]] Verdict judge(const std::vector<Operation>& operations, std::size_t states_max);

// The history in words, for a report.
[[nodiscard]] std::string describe(const std::vector<Operation>& operations);

}  // namespace sim
