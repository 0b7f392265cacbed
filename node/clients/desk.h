// What the chapters of this room share: the sessions, the counters, the settings, the turn, the
// replica that they serve. No behaviour of its own: each rule lives in the chapter that keeps it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/clients/accounts.h"
#include "node/clients/clients_output.h"
#include "node/clients/service_options.h"
#include "node/clients/session_table.h"
#include "node/clients/statistics.h"
#include "node/config/config.h"
#include "node/messages/turn.h"
#include "node/replica/replica.h"

namespace node {

// Kept for its capacity; whoever uses it fills it first.
struct Scratch {
  std::string silent;  // replies that nobody sees
  std::string reply;
  std::vector<std::string_view> words;
  // What one large reply needed is not kept for ever.
  void release();
};

struct Desk {
  const ServiceOptions& options;
  Config& config;
  Turn& turn;
  Replica& replica;
  SessionTable sessions = {};
  Statistics statistics = {};
  ProcessFacts process = {};
  ClientPause pause = {};
  Accounts accounts;
  bool is_stopping = false;
  ClientsOutput out = {};
  Scratch scratch = {};

  // Nothing is proposed but what clients ask for.
  [[nodiscard]] bool is_held() const { return pause.until > turn.now() || is_stopping; }
  // The users in force.
  [[nodiscard]] const engine::users::Users& users() const {
    return accounts.in_force(replica.engine());
  }
  [[nodiscard]] bool needs_auth(const Session& session) const {
    return !session.modes.is_authenticated && !is_open(users());
  }
};

// What a command answers that waited in vain.
inline bool is_null_reply(std::string_view reply) {
  return reply == "*-1\r\n" || reply == "$-1\r\n" || reply == "_\r\n";
}

}  // namespace node
