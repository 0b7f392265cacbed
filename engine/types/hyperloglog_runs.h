// The runs of a sparse HyperLogLog (engine/types/hyperloglog.h): reading one, and raising one
// register, which splits a run and joins its neighbours exactly as Redis 7.0 does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine::hyperloglog {

inline constexpr std::size_t kHeaderBytes = 16;

struct Run {
  std::uint8_t value = 0;  // of each of its registers
  std::uint32_t length = 0;
  std::size_t bytes = 0;  // that describe it, 1 or 2
};
// What lies behind the end of `bytes` counts as 0.
[[nodiscard]] Run run_at(std::string_view bytes, std::size_t at);
void append_zeros(std::string& out, std::uint32_t length);

enum class RunsOutcome : std::uint8_t {
  kUnchanged,
  kChanged,
  kNoRoom,   // the value is too high for a run, or `bytes_max` would be passed; nothing was changed
  kCorrupt,  // no run has that register
};
[[nodiscard]] RunsOutcome raise_in_runs(std::string& bytes, std::uint32_t index, std::uint8_t value,
                                        std::uint64_t bytes_max);

}  // namespace engine::hyperloglog
