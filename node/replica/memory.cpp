#include "node/replica/memory.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace node {
namespace {

constexpr std::size_t kVictimsMax = 2000;
// Elements of what was deleted that are freed in a turn, some 0.2 ms: a turn of its own each
// millisecond, more where memory is short.
constexpr std::size_t kFreedPerTurn = 2048, kFreedPerTurnShort = 16 * kFreedPerTurn;
constexpr auto kUsesPeriod = base::milliseconds(100);
// Writes wait for eviction once memory is this much over the limit: a sixteenth, at least 8 MiB.
constexpr std::uint64_t kFarOverShare = 16;
constexpr std::uint64_t kFarOverBytesMin = 8 * 1024 * 1024;

std::uint64_t far_over_bytes(std::uint64_t limit) {
  return std::max(limit / kFarOverShare, kFarOverBytesMin);
}

}  // namespace

void Memory::follow_access_rules() {
  engine::AccessRules rules = ground_.config.hot().access;
  const engine::EvictionPolicy& policy = ground_.config.hot().eviction;
  const bool goes_by_use = policy.order == engine::EvictionOrder::kLeastRecent ||
                           policy.order == engine::EvictionOrder::kLeastFrequent;
  rules.is_gathering =
      limit() > 0 && !policy.is_off && goes_by_use && terms_.is_leader() && !terms_.is_sole_voter();
  ground_.engine.set_access_rules(rules);
}

bool Memory::is_short() const { return limit() > 0 && ground_.engine.memory_bytes() > limit(); }

bool Memory::refuses(const engine::CommandSpec& spec) const {
  return (spec.flags & engine::kFlagDenyOom) != 0 && refuses();
}

bool Memory::refuses() const {
  return is_short() && !ground_.engine.has_victims(ground_.config.hot().eviction);
}

bool Memory::is_far_over() const {
  return limit() > 0 && ground_.engine.memory_bytes() > limit() + far_over_bytes(limit());
}

// maxmemory as an entry carries it, in the unit of content_bytes(): what this node needs beside the
// content is taken off. Where something can be evicted, commands are let through until memory is
// far above the limit: eviction comes behind them.
std::uint64_t Memory::content_limit() const {
  std::uint64_t most = limit();
  if (most == 0) return 0;
  if (ground_.engine.has_victims(ground_.config.hot().eviction)) most += far_over_bytes(most);
  const std::uint64_t used = ground_.engine.memory_bytes();
  const std::uint64_t content = ground_.engine.content_bytes();
  if (used <= most) return content + (most - used);
  return std::max<std::uint64_t>(content - std::min(content, used - most), 1);
}

void Memory::evict(bool is_held) {
  const bool is_over = is_short();
  note(is_over);
  if (!is_far_over() && proposals_.has_room()) listener_.on_room();
  if (!is_over || is_held || !terms_.is_serving()) return;
  if (proposals_.errands().is_evicting || !proposals_.has_room()) return;
  const auto victims =
      ground_.engine.victims(ground_.config.hot().eviction, ground_.log_clock.now_ms(),
                             ground_.engine.memory_bytes() - limit(), kVictimsMax, ground_.prng);
  if (victims.empty()) return;
  std::vector<engine::EvictedKey> keys;
  keys.reserve(victims.size());
  for (const auto& victim : victims)
    keys.push_back({victim.database, victim.key, victim.fingerprint});
  proposals_.writer().evicted(keys);
  proposals_.add_nobody();
  proposals_.errands().is_evicting = true;
}

// For INFO: since when, and for how long in all, memory has been above the limit.
void Memory::note(bool is_short) {
  base::Instant& since = shortage_.since;
  const base::Instant now = ground_.turn.now();
  if (is_short && since == base::Instant{}) since = now;
  if (is_short || since == base::Instant{}) return;
  shortage_.before += now - since;
  since = {};
}

// Also when nobody asks for anything: what was deleted is memory that is in use.
void Memory::free_buried() {
  const std::uint64_t buried = ground_.engine.buried_bytes();
  if (buried == 0) return;
  const bool is_over = limit() > 0 && ground_.engine.memory_bytes() + buried > limit();
  if (ground_.engine.free_buried(is_over ? kFreedPerTurnShort : kFreedPerTurn))
    ground_.turn.due(ground_.turn.now() + base::milliseconds(1));
}

void Memory::share_uses() {
  if (!terms_.is_leader() || terms_.is_sole_voter() || limit() == 0) return;
  if (ground_.turn.now() < uses_due_) return;
  uses_due_ = ground_.turn.now() + kUsesPeriod;
  std::string uses = ground_.engine.take_uses();
  if (!uses.empty())
    ground_.turn.to_consensus.emplace_back(
        TellUses{.group = ground_.options.group, .uses = std::move(uses)});
}

}  // namespace node
