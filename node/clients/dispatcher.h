// What becomes of one command, in Redis's order of checks: known, arity, authentication, allowed in
// MULTI, routed, memory. Invariant: a command that is not taken stays unread and has changed
// nothing.
#pragma once

#include <string>

#include "node/clients/access.h"
#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/local_runner.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/output.h"
#include "node/clients/routing.h"
#include "node/clients/stalls.h"
#include "node/clients/transactions.h"
#include "node/messages/line_limiter.h"

namespace node {

// False everywhere: the session stalls, the command stays unread.
class Dispatcher {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Output& output;
    Replies& replies;
    Notes& notes;
    Access& access;
    News& news;
    Routing& routing;
    Evaluator& evaluator;
    Answers& answers;
    LocalRunner& local;
    Transactions& transactions;
  };
  explicit Dispatcher(const Parts& parts);
  bool take(Session& session, engine::Arguments argv);

 private:
  void refuse_http(Session& session);
  [[nodiscard]] std::string refusal(const Session& session, const engine::CommandSpec& spec,
                                    engine::Arguments argv, bool is_refused);
  [[nodiscard]] bool is_paused(const Session& session, const engine::CommandSpec& spec,
                               engine::Arguments argv) const;
  [[nodiscard]] bool is_debug_allowed(const Session& session) const;
  bool dispatch(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_write(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_blocking(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_read(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_local(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  // Straight into the session's output, if nothing is owed before it. False: it has to wait.
  [[nodiscard]] bool read_at_once(Session& session, const engine::CommandSpec& spec,
                                  engine::Arguments argv, bool is_stale);
  void push_read(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                 bool is_stale);
  [[nodiscard]] bool wants_write(const Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv) const;
  [[nodiscard]] bool may_reply_large(const engine::CommandSpec& spec, engine::Arguments argv) const;

  const Parts parts_;
  Desk& desk_;
  Replica& replica_;
  Answers& answers_;
  Notes& notes_;
  Routing& routing_;
  LineLimiter http_lines_;
};

}  // namespace node
