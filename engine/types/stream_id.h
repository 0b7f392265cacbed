// Ids of stream entries: milliseconds and a sequence number, in that order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace engine {

struct StreamId {
  std::uint64_t ms = 0, seq = 0;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;

  [[nodiscard]] static constexpr StreamId highest() { return {UINT64_MAX, UINT64_MAX}; }
  [[nodiscard]] bool is_zero() const { return ms == 0 && seq == 0; }
  // nullopt behind the highest, before the lowest.
  [[nodiscard]] std::optional<StreamId> next() const {
    if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
    if (ms == UINT64_MAX) return {};
    return StreamId{ms + 1, 0};
  }
  [[nodiscard]] std::optional<StreamId> previous() const {
    if (seq != 0) return StreamId{ms, seq - 1};
    if (ms == 0) return {};
    return StreamId{ms - 1, UINT64_MAX};
  }
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(seq); }
};

}  // namespace engine
