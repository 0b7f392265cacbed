// Who may answer a command (DESIGN decisions 9, 11, 21): this leader, this follower's own state,
// another node, or nobody yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node/clients/desk.h"

namespace node {

// kFollow: here, once what the leader's read index names is applied.
enum class Route : std::uint8_t { kHere, kStale, kFollow, kWait, kRefused };

class Routing {
 public:
  explicit Routing(Desk& desk) : desk_(desk), replica_(desk.replica) {}
  [[nodiscard]] Route route(const Session& session, const engine::CommandSpec& spec,
                            engine::Arguments argv) {
    return route(session, spec, argv, is_write(spec));
  }
  // Of one that is a read this time, whatever it is at others.
  [[nodiscard]] Route route_read(const Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv) {
    return route(session, spec, argv, false);
  }
  [[nodiscard]] Route route(const Session& session, bool is_write, bool is_keyless,
                            std::uint16_t slot);
  // Of a session that may be content with it: this node's own state is, as its mode has it.
  [[nodiscard]] bool is_own_state_enough(const Session& session) const;
  // The error of the last route that was kRefused.
  [[nodiscard]] const std::string& refused() const { return refused_; }
  [[nodiscard]] std::uint16_t slot_of(const engine::CommandSpec& spec,
                                      engine::Arguments argv) const;
  [[nodiscard]] std::optional<std::uint16_t> slot_if_keyed(const engine::CommandSpec& spec,
                                                           engine::Arguments argv) const;
  [[nodiscard]] std::string moved(std::uint16_t slot, const PeerView& leader) const;

 private:
  // A read that writes at times is none; a script is one unless it says otherwise.
  [[nodiscard]] static bool is_write(const engine::CommandSpec& spec) {
    return spec.write != nullptr && (spec.flags & engine::kFlagReadonly) == 0;
  }
  [[nodiscard]] Route route(const Session& session, const engine::CommandSpec& spec,
                            engine::Arguments argv, bool is_write) {
    const bool may_be_own = !is_write && session.modes.reads.may_be_own();
    if (replica_.terms().is_serving() && !replica_.disk().is_full && !may_be_own)
      return Route::kHere;
    return route(session, is_write, spec.key_specs.empty(), slot_of(spec, argv));
  }

  Route refuse_for_disk();

  Desk& desk_;
  Replica& replica_;
  std::string refused_;
};

}  // namespace node
