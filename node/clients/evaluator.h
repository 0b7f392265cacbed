// Reads, evaluated: one command, or a transaction of reads. Invariant: all of an operation is
// answered, or nothing is written.
#pragma once

#include <cstdint>

#include "node/clients/desk.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/readers.h"
#include "node/clients/replies.h"

namespace node {

class Evaluator {
 public:
  Evaluator(Desk& desk, Notes& notes, Replies& replies, Readers& readers, News& news)
      : desk_(desk),
        replica_(desk.replica),
        notes_(notes),
        replies_(replies),
        readers_(readers),
        news_(news) {}
  // The front operation. False: a key it met has expired and is still there, an entry that deletes
  // it is on its way; or it waits (Operation::is_blocked). Nothing was written.
  [[nodiscard]] bool evaluate(Session& session, Operation& operation, bool is_stale);
  // One command, straight into its reply. False as above. What it tells besides goes out with
  // News::deliver_read, or is forgotten.
  [[nodiscard]] bool evaluate_one(const engine::CommandSpec& spec, engine::Arguments argv,
                                  std::uint32_t database, bool is_stale, resp::ReplyWriter& reply,
                                  bool is_again = false, bool remembers = false) {
    const bool is_answered = replica_.query({.spec = spec,
                                             .argv = argv,
                                             .database = database,
                                             .is_stale = is_stale,
                                             .may_sweep = !desk_.is_held(),
                                             .is_again = is_again,
                                             .observer = news_.observer(remembers)},
                                            reply);
    if (is_answered && remembers) news_.note_read(spec, argv);
    return is_answered;
  }

 private:
  [[nodiscard]] bool evaluate_all(Session& session, Operation& operation, bool is_stale,
                                  resp::ReplyWriter& reply);
  [[nodiscard]] bool evaluate_command(Session& session, Operation& operation, bool is_stale,
                                      resp::ReplyWriter& reply);

  Desk& desk_;
  Replica& replica_;
  Notes& notes_;
  Replies& replies_;
  Readers& readers_;
  News& news_;
};

}  // namespace node
