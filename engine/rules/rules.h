// The rules by which batches are applied: what commands mean, not how bytes are laid out (DESIGN
// decision 26, docs/decisions/one-meaning.md). A change that lets the same batch lead to another
// state or another reply is a new number, and the code asks for the number where they differ. Each
// batch says which rules it is applied by; numbers only grow along the log.
//
//   0  what batches of version 1 were applied by
//   1  a running digest is kept of what was applied
//   2  how long each reply is goes into it too
//   3  scripts are run, and cached scripts are state
//   4  functions are run, and their libraries are state
//   5  users are state, and each command is judged by its user
//   6  scripts and functions may publish
//   7  members propose for each other's clients, so a new leader keeps their waits and watches
//   8  scripts are charged for chains of colliding texts and keys, and texts are hashed whole
//   9  scripts are charged eight steps for each step of a pattern's matcher, and a changed key is
//      ready for those who wait only if it holds what somebody waits for
//  10  of what becomes of a key that stays there only XADD and XGROUP DESTROY make it ready, and a
//      group's reader is served by what was added even if it is gone again
#pragma once

#include <cstdint>

namespace engine {

inline constexpr std::uint32_t kRulesKnown = 10;  // by this program: all up to here
inline constexpr std::uint32_t kRulesWithDigest = 1;
inline constexpr std::uint32_t kRulesWithReplies = 2;
inline constexpr std::uint32_t kRulesWithScripts = 3;
inline constexpr std::uint32_t kRulesWithFunctions = 4;
inline constexpr std::uint32_t kRulesWithUsers = 5;
inline constexpr std::uint32_t kRulesWithMessages = 6;
inline constexpr std::uint32_t kRulesWithForwarding = 7;
inline constexpr std::uint32_t kRulesWithChains = 8;
inline constexpr std::uint32_t kRulesWithPatternCosts = 9;
inline constexpr std::uint32_t kRulesWithTypedWaits = 9;
inline constexpr std::uint32_t kRulesWithArrivals = 10;

}  // namespace engine
