// Reads, evaluated: one command, or a transaction of reads. Invariant: all of an operation is
// answered, or nothing is written.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/clients/access.h"
#include "node/clients/desk.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/readers.h"
#include "node/clients/replies.h"

namespace node {

// Whose read it is, as of when it was sent.
struct Requester {
  const Session& session;
  std::string_view user;
  engine::users::Where where = engine::users::Where::kTopLevel;
  bool remembers = false;  // what it reads is to be tracked for its client
};

class Evaluator {
 public:
  Evaluator(Desk& desk, Notes& notes, Access& access, Replies& replies, Readers& readers,
            News& news)
      : desk_(desk),
        replica_(desk.replica),
        notes_(notes),
        access_(access),
        replies_(replies),
        readers_(readers),
        news_(news) {}
  // The front operation. False: a key it met has expired and is still there, an entry that deletes
  // it is on its way; or it waits (Operation::is_blocked). Nothing was written.
  [[nodiscard]] bool evaluate(Session& session, Operation& operation, bool is_stale);
  // One command, straight into its reply. False as above. What it tells besides goes out with
  // News::deliver_read, or is forgotten.
  [[nodiscard]] bool evaluate_one(const Requester& requester, const engine::CommandSpec& spec,
                                  engine::Arguments argv, std::uint32_t database, bool is_stale,
                                  resp::ReplyWriter& reply, bool is_again = false) {
    engine::ReadObserver observer = news_.observer(requester.remembers);
    observer.script_calls = &notes_.script_calls();
    const bool is_answered = replica_.reads().answer({.spec = spec,
                                                      .argv = argv,
                                                      .database = database,
                                                      .is_stale = is_stale,
                                                      .may_sweep = !desk_.is_held(),
                                                      .is_again = is_again,
                                                      .user = requester.user,
                                                      .where = requester.where,
                                                      .denials = &denials_,
                                                      .observer = observer},
                                                     reply);
    if (!denials_.empty()) note_denials(requester);
    if (is_answered && requester.remembers) news_.note_read(spec, argv);
    return is_answered;
  }

 private:
  void note_denials(const Requester& requester);
  [[nodiscard]] bool evaluate_all(Session& session, Operation& operation, bool is_stale,
                                  resp::ReplyWriter& reply);
  [[nodiscard]] bool evaluate_command(Session& session, Operation& operation, bool is_stale,
                                      resp::ReplyWriter& reply);

  Desk& desk_;
  Replica& replica_;
  Notes& notes_;
  Access& access_;
  Replies& replies_;
  Readers& readers_;
  std::vector<engine::users::Denial> denials_;  // of the command being evaluated
  News& news_;
};

}  // namespace node
