// Local commands: running them, and what they ask for. Invariant: a reply stands at its place in
// the session's order before anything that the command asked for is carried out.
#pragma once

#include <string>
#include <vector>

#include "node/clients/access.h"
#include "node/clients/answers.h"
#include "node/clients/blocked_clients.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/desk.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/output.h"
#include "node/clients/stalls.h"
#include "node/clients/waiting_commands.h"

namespace node {

class LocalRunner {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Output& output;
    Notes& notes;
    Access& access;
    News& news;
    Answers& answers;
    BlockedClients& blocked;
    WaitingCommands& waiting;
  };
  explicit LocalRunner(const Parts& parts);
  enum class Place : std::uint8_t { kAlone, kInExec, kInLog };  // kInLog: an EXEC that is applied

  void run(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
           resp::ReplyWriter& reply, LocalRequests& requests, Place place = Place::kAlone);
  // What the driver or another machine has to do. The reply, if there is one, has been given.
  void carry_out(Session& session, LocalRequests& requests, bool is_in_exec);

  // ---- settings ----
  // CONFIG SET of replicated settings: elements of the log; the reply comes when the last is
  // applied, and with it those of this node that were given besides. Until then nothing has
  // changed.
  void propose_settings(Session& session, LocalRequests& requests, std::string reply);
  void refuse_settings(Session& session);
  void adopt_own_settings(const std::vector<Config::Change>& settings);
  void on_settings_changed();  // by a command of this node's

 private:
  [[nodiscard]] Facilities facilities(const Session& session);
  void announce_again();
  void kill_all(Session& session, const std::vector<base::ConnectionId>& victims);

  Desk& desk_;
  Replica& replica_;
  Stalls& stalls_;
  Output& output_;
  Notes& notes_;
  Access& access_;
  News& news_;
  Answers& answers_;
  BlockedClients& blocked_;
  WaitingCommands& waiting_;
};

}  // namespace node
