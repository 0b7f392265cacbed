// MULTI to EXEC, and WATCH. A transaction with a write, or with a watch, is one element of a batch:
// the watch is judged when it is applied (DESIGN decision 6). One of only reads is a read; one of
// only local commands needs nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/local_runner.h"
#include "node/clients/notes.h"
#include "node/clients/output.h"
#include "node/clients/routing.h"
#include "node/clients/stalls.h"

namespace node {

// False everywhere: the session stalls, the command stays unread.
class Transactions {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Output& output;
    Notes& notes;
    Routing& routing;
    Answers& answers;
    LocalRunner& local;
  };
  explicit Transactions(const Parts& parts);

  // MULTI, EXEC, DISCARD, WATCH, UNWATCH.
  bool take(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool queue(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);

 private:
  bool take_multi(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_discard(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_exec(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_watch(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  // Fills in the databases; the slot of the first key.
  [[nodiscard]] std::optional<std::uint16_t> place_commands(const Session& session,
                                                            Transaction& transaction);
  [[nodiscard]] bool find_settings(Transaction& transaction);
  void abort_exec(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  void refuse_special(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                      std::string_view text);
  bool exec_somewhere(Session& session, const engine::CommandSpec& spec, bool goes_through_log,
                      std::optional<std::uint16_t> slot);
  bool exec_through_log(Session& session, const engine::CommandSpec& spec,
                        std::optional<std::uint16_t> slot);
  bool exec_as_read(Session& session, const engine::CommandSpec& spec, Route where,
                    std::optional<std::uint16_t> slot);
  bool exec_locally(Session& session, const engine::CommandSpec& spec);

  Desk& desk_;
  Replica& replica_;
  Stalls& stalls_;
  Output& output_;
  Notes& notes_;
  Routing& routing_;
  Answers& answers_;
  LocalRunner& local_;
};

}  // namespace node
