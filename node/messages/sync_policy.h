// appendfsync (DESIGN decision 20).
#pragma once

#include <cstdint>
#include <string_view>

namespace node {

// When entries are synced: before they count as durable, once a second, when the kernel likes.
// Term, vote, membership, resets and truncations are synced before they count in any case.
enum class SyncPolicy : std::uint8_t { kAlways, kEverySecond, kNever };

[[nodiscard]] constexpr SyncPolicy sync_policy(std::string_view appendfsync) {
  if (appendfsync == "everysec") return SyncPolicy::kEverySecond;
  return appendfsync == "no" ? SyncPolicy::kNever : SyncPolicy::kAlways;
}

}  // namespace node
