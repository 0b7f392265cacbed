// Who may answer a command (DESIGN decisions 9, 11, 21): this leader, this follower's own state,
// another node, or nobody yet.
#include "base/crc.h"
#include "node/messages/endpoint.h"
#include "node/service_machine.h"

namespace node {

namespace {

// A read that writes at times is none; a script is one unless it says otherwise.
bool is_write(const engine::CommandSpec& spec) {
  return spec.write != nullptr && (spec.flags & engine::kFlagReadonly) == 0;
}

}  // namespace

Service::Machine::Route Service::Machine::route(Session& session, const engine::CommandSpec& spec,
                                                engine::Arguments argv) {
  if (is_serving_leader() && !disk_.is_full) return Route::kHere;
  const bool is_keyless = spec.key_specs.empty();
  return route(session, is_write(spec), is_keyless, slot_of(spec, argv));
}

Service::Machine::Route Service::Machine::route(Session& session, bool is_write, bool is_keyless,
                                                std::uint16_t slot) {
  if (is_outside()) {
    refused_ = outside_;
    return Route::kRefused;
  }
  if (is_leader()) {
    if (!is_serving_leader()) return Route::kWait;
    if (!is_write || !disk_.is_full) return Route::kHere;
    refused_ =
        "MISCONF the disk is full: writes are refused until it has room (" + disk_.detail + ")";
    return Route::kRefused;
  }
  // Nobody leads yet and nobody has since the start: this node may be the one, and its state is not
  // to be shown before.
  if (!has_followed_) return Route::kWait;
  const bool is_cluster = config_.hot().cluster_enabled;
  if (!is_write && session.is_linearizable)
    return leadership_.leader.is_none() ? Route::kWait : Route::kFollow;
  if (!is_write && (!is_cluster || session.is_readonly || is_keyless)) return Route::kStale;
  if (!is_cluster) {
    refused_ = "READONLY You can't write against a read only replica.";
    return Route::kRefused;
  }
  const PeerView* leader = leader_view();
  if (leader == nullptr) return Route::kWait;
  refused_ = moved(is_keyless ? std::uint16_t{0} : slot, *leader);
  return Route::kRefused;
}

// The command stays unread until there is a leader; the first one of the session that waits too
// long gets CLUSTERDOWN, and so do those behind it while there is none.
bool Service::Machine::stall_for_leader(Session& session, const engine::CommandSpec& spec) {
  if (!session.has_stall_deadline) {
    session.has_stall_deadline = true;
    session.stall_deadline = clocks_.now + kLeaderWait;
  }
  if (session.stall_deadline <= clocks_.now) {
    if (spec.special == Special::kExec) end_transaction(session);
    if (spec.special == Special::kExec) note_rejected(spec);
    reject(session, spec.special == Special::kExec ? nullptr : &spec,
           "CLUSTERDOWN The cluster is down");
    return true;
  }
  return stall(session, Stall::kLeader);
}

// Sessions that wait for a leader or for the end of CLIENT PAUSE, and whose time is up, go on.
void Service::Machine::check_stalled() {
  for (std::size_t i = 0; i < timed_stalls_.size();) {
    Session* session = sessions_.find(timed_stalls_[i]);
    const bool is_timed = session != nullptr &&
                          (session->stall == Stall::kLeader || session->stall == Stall::kPaused);
    const base::Instant until = is_timed && session->stall == Stall::kPaused ? client_pause_.until
                                : is_timed ? session->stall_deadline
                                           : base::Instant{};
    if (is_timed && until > clocks_.now) {
      due(until);
      ++i;
      continue;
    }
    if (is_timed) make_ready(*session);
    timed_stalls_[i] = timed_stalls_.back();
    timed_stalls_.pop_back();
  }
}

// Of another node, with an address; nullptr while nobody leads (or only this node does).
const PeerView* Service::Machine::leader_view() const {
  if (leadership_.leader.is_none() || leadership_.leader == options_.self) return nullptr;
  for (const PeerView& peer : cluster_.peers) {
    if (peer.id == leadership_.leader && !peer.host.empty() && peer.client_port != 0) return &peer;
  }
  return nullptr;
}

std::uint16_t Service::Machine::slot_of(const engine::CommandSpec& spec,
                                        engine::Arguments argv) const {
  if (!config_.hot().cluster_enabled || spec.key_specs.empty()) return 0;
  const auto first = static_cast<std::size_t>(spec.first_key);
  if (spec.first_key > 0 && first < argv.size()) return base::key_slot(argv[first]);
  const engine::Keys keys = engine::keys_of(spec, argv);
  return keys.positions.empty() ? std::uint16_t{0}
                                : base::key_slot(argv[keys.positions.front().index]);
}

std::optional<std::uint16_t> Service::Machine::slot_if_keyed(const engine::CommandSpec& spec,
                                                             engine::Arguments argv) const {
  if (spec.key_specs.empty()) return {};
  return slot_of(spec, argv);
}

std::string Service::Machine::moved(std::uint16_t slot, const PeerView& leader) const {
  return "MOVED " + std::to_string(slot) + " " +
         preferred_endpoint(leader, config_.text("cluster-preferred-endpoint-type")) + ":" +
         std::to_string(leader.client_port);
}

}  // namespace node
