// Connections, and their bytes to commands: limits, fairness among connections, protocol errors.
// Invariant: the commands of one connection are taken in the order sent, each once.
#pragma once

#include <string_view>

#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/dispatcher.h"
#include "node/clients/news.h"
#include "node/clients/output.h"
#include "node/clients/readers.h"
#include "node/clients/stalls.h"

namespace node {

class Input {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Output& output;
    Access& access;
    Readers& readers;
    News& news;
    Answers& answers;
    Dispatcher& dispatcher;
  };
  explicit Input(const Parts& parts);
  // False: over maxclients; the driver writes unsent() (the error) and closes.
  bool on_connect(base::ConnectionId connection, const ConnectInfo& info);
  void on_bytes(base::ConnectionId connection, std::string_view bytes);
  void on_disconnect(base::ConnectionId connection);
  // Each session that was ready gets its part.
  void parse_ready();

 private:
  void parse(Session& session);
  bool parse_one(Session& session, bool& has_more);  // false: the session has stalled
  void set_parser_limits(Session& session);

  Desk& desk_;
  Replica& replica_;
  Stalls& stalls_;
  Output& output_;
  Access& access_;
  Readers& readers_;
  News& news_;
  Answers& answers_;
  Dispatcher& dispatcher_;
};

}  // namespace node
