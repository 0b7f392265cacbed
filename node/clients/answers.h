// Operations to replies. Invariant: what a session is owed is answered in the order it was parsed;
// whatever stands at the front of its queue and can be answered is, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/clients/desk.h"
#include "node/clients/evaluator.h"
#include "node/clients/notes.h"
#include "node/clients/output.h"
#include "node/clients/readers.h"
#include "node/clients/replies.h"
#include "node/clients/routing.h"
#include "node/clients/stalls.h"

namespace node {

class Answers {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Output& output;
    Replies& replies;
    Notes& notes;
    Readers& readers;
    Evaluator& evaluator;
    Routing& routing;
  };
  explicit Answers(const Parts& parts);

  // ---- the command being taken ----
  // Its client does not want the reply.
  void set_silent(bool is_silent) { is_silent_ = is_silent; }
  [[nodiscard]] bool is_silent() const { return is_silent_; }
  // A reply known now: straight out if nothing is owed before it.
  void literal(Session& session, std::string_view reply, bool closes = false);
  void error(Session& session, std::string_view text, bool closes = false);
  // It was not carried out; within MULTI it spoils the transaction, an EXEC ends it.
  void reject(Session& session, const engine::CommandSpec* spec, std::string_view error);
  bool stall_for_leader(Session& session, const engine::CommandSpec& spec);
  // The operation that waits for an element just written.
  std::uint64_t push_write(Session& session, const engine::CommandSpec& spec,
                           std::optional<std::uint16_t> slot, bool may_be_large = false);

  // ---- what is owed ----
  void advance(Session& session);
  // Everything before `operation` is answered now: its element is about to be applied.
  void force(Session& session, std::uint64_t operation);
  void on_evidence(base::ConnectionId reader);
  void check_follower_reads();
  // Sessions whose clients have read enough since the last turn.
  void go_on_with_read();
  // Something changed in who leads or where: whoever waits for that looks again.
  void revisit_all();

 private:
  bool answer_read(Session& session, Operation& operation);
  bool answer_refused(Session& session, Operation& operation, bool is_forced);
  void after_pop(Session& session);
  void refuse_to_follow(Session& session);
  [[nodiscard]] bool look(Session& session, Operation& operation);

  Desk& desk_;
  Replica& replica_;
  Stalls& stalls_;
  Output& output_;
  Replies& replies_;
  Notes& notes_;
  Readers& readers_;
  Evaluator& evaluator_;
  Routing& routing_;
  bool is_silent_ = false;
};

}  // namespace node
