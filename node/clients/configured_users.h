// The users of this node's configuration. Invariant: they count for as long as the cluster has none
// of its own; a leader whose cluster has none proposes those that it was told of.
#pragma once

#include <string_view>

#include "node/clients/desk.h"

namespace node {

class ConfiguredUsers {
 public:
  explicit ConfiguredUsers(Desk& desk) : desk_(desk), replica_(desk.replica) {}
  // Each turn.
  void tend();

 private:
  void seed();
  void follow_password();
  void warn_if_others_count();
  void propose(std::string_view setting, std::string_view value);

  Desk& desk_;
  Replica& replica_;
  base::Instant seed_again_{};
  bool is_password_told_ = false;  // a lone node's requirepass was compared with the cluster's
  bool is_compared_ = false;       // the cluster's users with those of the configuration
};

}  // namespace node
