#include "node/clients/evaluator.h"

#include <string>
#include <utility>
#include <vector>

namespace node {

// False: a key it met has expired and is still there, an entry that deletes it is on its way;
// nothing was written.
bool Evaluator::evaluate(Session& session, Operation& operation, bool is_stale) {
  std::string& out = replies_.buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, operation.version);
  bool is_answered = true;
  if (operation.transaction) {
    is_answered = evaluate_all(session, operation, is_stale, reply);
  } else {
    operation.arguments(desk_.scratch.words);
    const bool has_waited = operation.is_blocked;
    const base::Instant begun = notes_.stopwatch();
    is_answered = evaluate_one(*operation.spec, desk_.scratch.words, operation.database, is_stale,
                               reply, operation.is_blocked, operation.remembers);
    const std::string_view text = std::string_view(out).substr(before);
    const bool waits = is_answered && readers_.waits_on(session, operation, text);
    if (is_answered && !has_waited) {
      operation.arguments(desk_.scratch.words);
      operation.took = notes_.stopwatch() - begun;
      notes_.note_command(session, {.spec = *operation.spec,
                                    .argv = desk_.scratch.words,
                                    .database = operation.database,
                                    .took = operation.took,
                                    .has_failed = text.starts_with('-'),
                                    .is_blocked = waits});
    } else if (is_answered && !waits) {
      notes_.note_served(session, operation, text);
    }
    is_answered = is_answered && !waits;
  }
  if (!is_answered) out.resize(before);
  if (is_answered) replies_.answered(session, out, before);
  is_answered ? news_.deliver_read(session) : news_.forget_read();
  return is_answered;
}

// A transaction of reads. All of it is answered, or nothing.
bool Evaluator::evaluate_all(Session& session, Operation& operation, bool is_stale,
                             resp::ReplyWriter& reply) {
  const Transaction& transaction = *operation.transaction;
  const base::Instant begun = notes_.stopwatch();
  std::vector<std::pair<base::Duration, std::size_t>> done;  // how long, and the reply from where
  reply.array(transaction.commands().size());
  for (const Transaction::Queued& queued : transaction.commands()) {
    const base::Instant one_begun = notes_.stopwatch();
    const std::size_t start = reply.out().size();
    desk_.scratch.words.assign(queued.words.begin(), queued.words.end());
    if (!evaluate_one(*queued.spec, desk_.scratch.words, queued.database, is_stale, reply, false,
                      operation.remembers))
      return false;
    done.emplace_back(notes_.stopwatch() - one_begun, start);
  }
  for (std::size_t i = 0; i < done.size(); ++i) {
    notes_.note_queued(session, transaction.commands()[i], done[i].first,
                       std::string_view(reply.out()).substr(done[i].second));
  }
  notes_.note_exec(session, *operation.spec, transaction, begun);
  return true;
}

bool Evaluator::evaluate_one(const engine::CommandSpec& spec, engine::Arguments argv,
                             std::uint32_t database, bool is_stale, resp::ReplyWriter& reply,
                             bool is_again, bool remembers) {
  const bool is_held = desk_.is_held();
  const bool is_answered = replica_.query({.spec = spec,
                                           .argv = argv,
                                           .database = database,
                                           .is_stale = is_stale,
                                           .may_sweep = !is_held,
                                           .is_again = is_again,
                                           .observer = news_.observer(remembers)},
                                          reply);
  if (is_answered && remembers) news_.note_read(spec, argv);
  return is_answered;
}

}  // namespace node
