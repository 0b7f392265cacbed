#include "node/clients/routing.h"

#include "base/crc.h"
#include "node/messages/endpoint.h"

namespace node {

Route Routing::route(const Session& session, bool is_write, bool is_keyless, std::uint16_t slot) {
  if (replica_.terms().is_outside()) {
    refused_ = replica_.terms().outside();
    return Route::kRefused;
  }
  const bool is_as_asked = !is_write && session.modes.reads.is_set();
  if (is_as_asked && is_own_state_enough(session)) return Route::kStale;
  if (replica_.terms().is_leader()) {
    if (!replica_.terms().is_serving()) return Route::kWait;
    if (!is_write || !replica_.disk().is_full) return Route::kHere;
    return refuse_for_disk();
  }
  // Nobody leads yet and nobody has since the start: this node may be the one, and its state is not
  // to be shown before.
  if (!replica_.terms().has_followed()) return Route::kWait;
  if (is_as_asked)
    return replica_.terms().leadership().leader.is_none() ? Route::kWait : Route::kFollow;
  const bool is_cluster = session.speaks_cluster;
  if (session.is_forwarded) {
    if (is_write && replica_.disk().is_full) return refuse_for_disk();
    if (!replica_.proposals().may_forward()) return Route::kWait;
    return is_write ? Route::kHere : Route::kFollow;
  }
  const PeerView* leader = replica_.leader_elsewhere();
  if (!is_cluster && session.modes.redirects && !session.modes.is_readonly) {
    if (leader == nullptr) return Route::kWait;
    refused_ = "REDIRECT " + leader->host + ":" +
               std::to_string(leader->plain_port != 0 ? leader->plain_port : leader->client_port);
    return Route::kRefused;
  }
  if (!is_write && (!is_cluster || session.modes.is_readonly || is_keyless)) return Route::kStale;
  if (!is_cluster) {
    refused_ = "READONLY You can't write against a read only replica.";
    return Route::kRefused;
  }
  if (leader == nullptr) return Route::kWait;
  refused_ = moved(is_keyless ? std::uint16_t{0} : slot, *leader);
  return Route::kRefused;
}

// What a bounded read may see is judged when it is taken, by a clock that was read behind its
// bytes: the state that answers it, then or later, is no older.
bool Routing::is_own_state_enough(const Session& session) const {
  const Terms& terms = replica_.terms();
  if (!terms.has_followed() && !terms.is_serving()) return false;
  if (session.modes.reads.is_bounded())
    return replica_.proposals().evidence().is_level_within(session.modes.reads.age_most);
  return session.modes.reads.is_local();
}

Route Routing::refuse_for_disk() {
  refused_ = "MISCONF the disk is full: writes are refused until it has room (" +
             replica_.disk().detail + ")";
  return Route::kRefused;
}

std::uint16_t Routing::slot_of(const engine::CommandSpec& spec, engine::Arguments argv) const {
  if (!desk_.config.hot().cluster_enabled || spec.key_specs.empty()) return 0;
  const auto first = static_cast<std::size_t>(spec.first_key);
  if (spec.first_key > 0 && first < argv.size()) return base::key_slot(argv[first]);
  const engine::Keys keys = engine::keys_of(spec, argv);
  return keys.positions.empty() ? std::uint16_t{0}
                                : base::key_slot(argv[keys.positions.front().index]);
}

std::optional<std::uint16_t> Routing::slot_if_keyed(const engine::CommandSpec& spec,
                                                    engine::Arguments argv) const {
  if (spec.key_specs.empty()) return {};
  return slot_of(spec, argv);
}

std::string Routing::moved(std::uint16_t slot, const PeerView& leader) const {
  return "MOVED " + std::to_string(slot) + " " +
         preferred_endpoint(leader, desk_.config.text("cluster-preferred-endpoint-type")) + ":" +
         std::to_string(leader.client_port);
}

}  // namespace node
