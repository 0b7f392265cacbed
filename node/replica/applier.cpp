#include "node/replica/applier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/failpoint.h"
#include "engine/elements/describe.h"
#include "node/replica/settings.h"

namespace node {
namespace {

constexpr std::size_t kElementsPerTurn = 20'000;
constexpr std::size_t kBytesPerTurn = 4 * 1024 * 1024;

}  // namespace

Applier::Applier(Parts parts)
    : parts_(parts),
      skipped_entry_(parse_skipped_entry(parts.ground.config.text("raft-skip-entry"))
                         .value_or(SkippedEntry{})),
      elements_(parts.ground.engine) {}

void Applier::take(std::vector<raft::EntryPtr>& entries) {
  for (raft::EntryPtr& entry : entries) entries_.push_back(std::move(entry));
}

void Applier::apply() {
  std::size_t bytes = 0, elements = 0;
  while (!entries_.empty() && bytes < kBytesPerTurn && elements < kElementsPerTurn) {
    if (!knows_rules_of(*entries_.front())) return;
    const raft::EntryPtr entry = std::move(entries_.front());
    entries_.pop_front();
    if (entry->index <= parts_.ground.applied) continue;  // contained in the loaded state
    elements += apply_entry(*entry);
    bytes += entry->payload.size();
  }
}

// Applied by other rules than are meant it would come to another state.
bool Applier::knows_rules_of(const raft::Entry& entry) {
  if (entry.kind != raft::EntryKind::kBatch) return true;
  const engine::BatchReader reader(entry.payload);
  CHECK(reader.ok());
  if (reader.rules() <= engine::kRulesKnown) return true;
  parts_.ground.turn.fatal =
      "entry " + std::to_string(entry.index.value()) + " is to be applied by rules " +
      std::to_string(reader.rules()) + ", this program knows those up to " +
      std::to_string(engine::kRulesKnown) + ": start the version of the other nodes here";
  return false;
}

std::size_t Applier::apply_entry(const raft::Entry& entry) {
  Ground& ground = parts_.ground;
  CHECK(entry.index == ground.applied.next());
  std::vector<SealedBatch> lost;
  std::optional<SealedBatch> own = parts_.proposals.batcher().settle(entry.index, entry.term, lost);
  if (!lost.empty()) parts_.proposals.settle(lost, WriteFate::kNever);
  if (auto forwarded = parts_.proposals.forwarder().settle(entry)) {
    CHECK(!own);
    own = std::move(forwarded);
  }
  std::size_t elements = 0;
  CHECK(!own || entry.kind == raft::EntryKind::kBatch);
  if (is_dissolved_) {  // what follows takes no effect
    if (own) parts_.proposals.settle(own->waiters, WriteFate::kNever);
    own.reset();
  } else if (entry.kind == raft::EntryKind::kBatch) {
    elements = apply_batch(entry, own ? &*own : nullptr);
  } else if (entry.kind == raft::EntryKind::kMembership) {
    apply_membership(entry);
  } else if (entry.kind == raft::EntryKind::kDissolve) {
    apply_dissolve(entry);
  }
  ground.applied = entry.index;
  ground.applied_term = entry.term;
  parts_.members.on_applied();
  parts_.checkpoints.on_applied(entry.payload.size() + sizeof(raft::Entry));
  parts_.proposals.evidence().grant(ground.applied);
  read_now_ms_ = 0;
  if (own) {
    parts_.tenure.on_applied(own->id);
    parts_.proposals.batcher().open().recycle(std::move(*own));
  }
  return elements;
}

std::size_t Applier::apply_batch(const raft::Entry& entry, SealedBatch* own) {
  Ground& ground = parts_.ground;
  elements_.begin(entry.payload);
  const engine::BatchReader& reader = elements_.reader();
  CHECK(reader.ok());
  ground.engine.begin_entry({.index = entry.index,
                             .time_ms = reader.time_ms(),
                             .seed = reader.seed(),
                             .content_limit = reader.content_limit(),
                             .rules = reader.rules()});
  ground.log_clock.observe(reader.time_ms());
  if (own != nullptr) {
    parts_.proposals.evidence().tickets().grant(own->ticket);
    read_now_ms_ = ground.engine.time_ms();
  }
  Applying& applying =
      ground.options.applying != nullptr ? *ground.options.applying : applying_nowhere_;
  parts_.elements.on_entry(effects_, entry.index <= ground.quiet_until);
  std::size_t place = 0;
  while (const engine::Element* element = elements_.next()) {
    CHECK(own == nullptr || place < own->waiters.size());
    applying.element = place;
    applying.index = entry.index.value();
    const Waiter waiter = own == nullptr ? Waiter{} : own->waiters[place];
    if (skipped_entry_.leaves_out(entry.index.value(), place)) {
      leave_out(*element, waiter, entry.index);
    } else {
      FAILPOINT("element.applying");
      apply_element(*element, waiter, entry.index);
    }
    ++place;
  }
  applying.index = 0;
  CHECK(reader.ok());
  ground.engine.end_entry();
  return place + 1;
}

void Applier::apply_element(const engine::Element& element, const Waiter& waiter, LogIndex index) {
  using Kind = engine::ElementKind;
  Ground& ground = parts_.ground;
  if (element.kind == Kind::kSwept || element.kind == Kind::kSweptFields)
    parts_.proposals.errands().is_sweeping = false;
  if (element.kind == Kind::kEvicted) parts_.proposals.errands().is_evicting = false;
  ReplyPlace place;
  if (waiter.client != nullptr) place = parts_.elements.on_applying(waiter);
  AppliedElement applied{.element = element, .index = index, .denials = {}, .wait = {}};
  if (place.out != nullptr) {
    resp::ReplyWriter reply(*place.out, place.version);
    effects_.wants_script_reads = place.tracks_reads;
    effects_.script_calls = place.script_calls;
    ground.engine.apply(element, reply, effects_, place.local, place.observer);
    effects_.wants_script_reads = false;
    effects_.script_calls = nullptr;
    applied.denials = effects_.denials;
    if (element.kind == Kind::kBlocking) applied.wait = ground.engine.wait_of(element.client);
    if (place.tracks_reads || effects_.has_news())
      parts_.elements.on_effects(effects_, applied, waiter);
    parts_.elements.on_applied(waiter, applied);
  } else {
    apply_unanswered(element);
    if (effects_.has_news()) parts_.elements.on_effects(effects_, applied, Waiter{});
  }
  if (element.kind == Kind::kUnblock) parts_.wait_ends.on_over(element.client);
  if (!effects_.served.empty()) deliver_served();
  if (std::exchange(effects_.has_new_settings, false))
    follow_settings(ground.engine, ground.config);
  effects_.denials.clear();
  if (effects_.ends_all_users || !effects_.ended_users.empty()) end_users();
  if (!effects_.changed_users.empty())
    parts_.listener.on_users_changed(std::exchange(effects_.changed_users, {}));
}

void Applier::end_users() {
  const bool all = std::exchange(effects_.ends_all_users, false);
  const std::vector<std::string> names = std::exchange(effects_.ended_users, {});
  parts_.listener.on_users_ended(all, names);
}

// A client of this node that has gone, or was told that the outcome is in doubt, is not to wait.
void Applier::apply_unanswered(const engine::Element& element) {
  resp::ReplyWriter reply = resp::ReplyWriter::counting(counted_);
  parts_.ground.engine.apply(element, reply, effects_);
  const bool is_waiting = element.kind == engine::ElementKind::kBlocking &&
                          parts_.ground.engine.is_waiting(element.client);
  if (is_waiting && is_of_this_run(element.client)) parts_.wait_ends.forget(element.client);
}

bool Applier::is_of_this_run(const engine::ClientRef& client) const {
  return client.node == parts_.ground.options.self && client.epoch == parts_.ground.options.epoch;
}

// As raft-skip-entry says: it never takes effect. Nobody is told to try again, for it ended nodes.
void Applier::leave_out(const engine::Element& element, const Waiter& waiter, LogIndex index) {
  parts_.ground.turn.line(LogLevel::kWarning,
                          "left out of log entry " + std::to_string(index.value()) +
                              ", as raft-skip-entry says: " +
                              engine::describe(parts_.ground.options.commands, element));
  parts_.proposals.errands() = {};
  if (element.kind == engine::ElementKind::kUnblock) parts_.wait_ends.on_over(element.client);
  std::vector<Waiter> waiters = {waiter};
  parts_.proposals.settle(waiters, WriteFate::kInDoubt);
}

// Replies for clients of this node that an element brought.
void Applier::deliver_served() {
  const std::vector<engine::ServedReply> served = std::exchange(effects_.served, {});
  for (const engine::ServedReply& one : served) {
    parts_.wait_ends.on_over(one.client);
    if (is_of_this_run(one.client)) parts_.listener.on_served(one);
  }
}

void Applier::apply_membership(const raft::Entry& entry) {
  auto membership = raft::decode_membership(entry.payload);
  CHECK(membership.has_value());
  parts_.ground.membership = std::move(*membership);
  FAILPOINT("membership.applied");
}

// DESIGN decision 13. What follows in this log takes no effect.
void Applier::apply_dissolve(const raft::Entry& entry) {
  const auto databases = parts_.ground.engine.databases();
  const engine::ScriptFacts scripts = parts_.ground.engine.script_facts();
  const bool has_users = parts_.ground.engine.users().all().size() > 1;
  const bool is_empty = !has_users && scripts.scripts == 0 && scripts.libraries == 0 &&
                        std::all_of(databases.begin(), databases.end(),
                                    [](const auto& database) { return database.keys == 0; });
  parts_.ground.turn.to_consensus.emplace_back(Dissolved{
      .group = parts_.ground.options.group, .is_empty = is_empty, .payload = entry.payload});
  is_dissolved_ = is_empty;
  FAILPOINT_IF("dissolve.applied", is_empty);
  if (is_empty)
    parts_.tenure.stand_outside("CLUSTERDOWN this node is about to join another cluster");
}

}  // namespace node
