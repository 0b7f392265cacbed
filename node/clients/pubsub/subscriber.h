// What one connection has subscribed to. The tables of its node (subscriptions.h) keep both in
// step: each name here stands there with the session, at the place noted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace node {

enum class ChannelKind : std::uint8_t { kChannel, kPattern, kShard };
inline constexpr std::size_t kChannelKinds = 3;

struct Subscriber {
  // Name -> place of the session among those that have subscribed to it.
  using Places = std::map<std::string, std::size_t, std::less<>>;
  Places channels, patterns, shards;

  [[nodiscard]] Places& of(ChannelKind kind) {
    if (kind == ChannelKind::kChannel) return channels;
    return kind == ChannelKind::kPattern ? patterns : shards;
  }
  // As the confirmations count (Redis 7.0): channels and patterns together, shards apart.
  [[nodiscard]] std::size_t counted_with(ChannelKind kind) const {
    return kind == ChannelKind::kShard ? shards.size() : channels.size() + patterns.size();
  }
  [[nodiscard]] bool is_subscribed() const {
    return !channels.empty() || !patterns.empty() || !shards.empty();
  }
};

}  // namespace node
