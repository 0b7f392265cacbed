// What a client's user may do. A command is judged when it arrives, as Redis does; what counts is
// how it is judged again at its place in the log (docs/decisions/users.md). Invariant: a connection
// whose user is gone from the state of this node carries out nothing more.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/users/permission.h"
#include "node/clients/desk.h"
#include "node/clients/output.h"

namespace node {

class Access {
 public:
  Access(Desk& desk, Output& output) : desk_(desk), output_(output) {}

  // Whoever connects now is let in without a password. Not before the state is known.
  [[nodiscard]] bool is_open() const;
  // A command that arrives is refused. Whoever does not lead may not know yet what the user may do
  // by now: only what is this node's alone is refused there.
  [[nodiscard]] bool refuses(const Session& session, const engine::CommandSpec& spec,
                             engine::Arguments argv) const;
  // Of a command that is carried out here and now: the error, which is noted; empty: it may be.
  [[nodiscard]] std::string judge(const Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv, engine::users::Where where);
  // What was refused to a client here is written into the log of refusals.
  void note(const Session& session, std::string_view user,
            std::span<const engine::users::Denial> denials);

  // ---- connections that end with their user ----
  void end_users(bool all, std::span<const std::string> names);
  // Of users that were changed: who listens to a channel that its user may not listen to any more.
  void end_listeners(std::span<const std::string> names);
  void end_lost();  // another state has taken the place of the one that was there

 private:
  [[nodiscard]] engine::users::Verdict verdict(const Session& session,
                                               const engine::CommandSpec& spec,
                                               engine::Arguments argv) const;
  void end(const std::vector<base::ConnectionId>& connections);

  Desk& desk_;
  Output& output_;
};

}  // namespace node
