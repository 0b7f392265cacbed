// Eviction (DESIGN decision 4): the leader watches its memory, chooses victims and proposes their
// deletion, a bounded slice at a time, the next one when the last is applied; what clients read
// here is told to the other members as a hint, so that the next leader knows the hot keys.
#include <algorithm>
#include <utility>

#include "node/service_machine.h"

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

void Service::Machine::follow_access_rules() {
  engine::AccessRules rules = config_.hot().access;
  const engine::EvictionPolicy& policy = config_.hot().eviction;
  const bool goes_by_use = policy.order == engine::EvictionOrder::kLeastRecent ||
                           policy.order == engine::EvictionOrder::kLeastFrequent;
  rules.is_gathering = config_.hot().maxmemory > 0 && !policy.is_off && goes_by_use &&
                       is_leader() && !leadership_.is_sole_voter;
  engine_.set_access_rules(rules);
}

bool Service::Machine::is_memory_short() const {
  const std::uint64_t limit = config_.hot().maxmemory;
  return limit > 0 && engine_.memory_bytes() > limit;
}

bool Service::Machine::refuses_for_memory(const engine::CommandSpec& spec) const {
  return (spec.flags & engine::kFlagDenyOom) != 0 && refuses_for_memory();
}

bool Service::Machine::refuses_for_memory() const {
  return is_memory_short() && !engine_.has_victims(config_.hot().eviction);
}

// Also when nobody asks for anything: what was deleted is memory that is in use.
void Service::Machine::free_buried() {
  const std::uint64_t buried = engine_.buried_bytes();
  if (buried == 0) return;
  const std::uint64_t limit = config_.hot().maxmemory;
  const bool is_short = limit > 0 && engine_.memory_bytes() + buried > limit;
  if (engine_.free_buried(is_short ? kFreedPerTurnShort : kFreedPerTurn))
    next_deadline_ = std::min(next_deadline_, clocks_.now + base::milliseconds(1));
}

bool Service::Machine::is_far_over_memory() const {
  const std::uint64_t limit = config_.hot().maxmemory;
  return limit > 0 && engine_.memory_bytes() > limit + far_over_bytes(limit);
}

// maxmemory as an entry carries it, in the unit of content_bytes(): what this node needs beside the
// content is taken off. Where something can be evicted, commands are let through until memory is
// far above the limit: eviction comes behind them.
std::uint64_t Service::Machine::content_limit() const {
  std::uint64_t limit = config_.hot().maxmemory;
  if (limit == 0) return 0;
  if (engine_.has_victims(config_.hot().eviction)) limit += far_over_bytes(limit);
  const std::uint64_t used = engine_.memory_bytes(), content = engine_.content_bytes();
  if (used <= limit) return content + (limit - used);
  return std::max<std::uint64_t>(content - std::min(content, used - limit), 1);
}

void Service::Machine::evict_some() {
  const bool is_short = is_memory_short();
  note_memory(is_short);
  if (!is_far_over_memory() && !batcher_.is_full()) wake_batch_stalled();
  const bool is_held = client_pause_.until > clocks_.now || stop_ != Stop::kNot;
  if (!is_short || is_held || !is_serving_leader()) return;
  if (is_eviction_under_way_ || batcher_.is_full()) return;
  const auto victims =
      engine_.victims(config_.hot().eviction, log_clock_.now_ms(),
                      engine_.memory_bytes() - config_.hot().maxmemory, kVictimsMax, prng_);
  if (victims.empty()) return;
  std::vector<engine::EvictedKey> keys;
  keys.reserve(victims.size());
  for (const auto& victim : victims)
    keys.push_back({victim.database, victim.key, victim.fingerprint});
  batcher_.writer().evicted(keys);
  batcher_.add_nobody();
  is_eviction_under_way_ = true;
}

// For INFO: since when, and for how long in all, memory has been above the limit.
void Service::Machine::note_memory(bool is_short) {
  base::Instant& since = statistics_.memory_short_since;
  if (is_short && since == base::Instant{}) since = clocks_.now;
  if (is_short || since == base::Instant{}) return;
  statistics_.memory_short_before += clocks_.now - since;
  since = {};
}

void Service::Machine::wake_batch_stalled() {
  for (const base::ConnectionId id : std::exchange(batch_stalled_, {})) {
    if (Session* session = sessions_.find(id)) make_ready(*session);
  }
}

void Service::Machine::share_uses() {
  if (!is_leader() || leadership_.is_sole_voter || config_.hot().maxmemory == 0) return;
  if (clocks_.now < uses_due_) return;
  uses_due_ = clocks_.now + kUsesPeriod;
  std::string uses = engine_.take_uses();
  if (!uses.empty())
    out_.to_consensus.emplace_back(TellUses{.group = base::kFirstGroup, .uses = std::move(uses)});
}

void Service::Machine::on(const UsesTold& message) {
  if (is_leader() || loader_.is_loading()) return;
  engine_.note_uses(message.uses, log_clock_.now_ms());
}

}  // namespace node
