#include "node/clients/evaluator.h"

#include <string>
#include <utility>
#include <vector>

namespace node {

bool Evaluator::evaluate(Session& session, Operation& operation, bool is_stale) {
  std::string& out = replies_.buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, operation.version);
  const bool is_answered = operation.transaction
                               ? evaluate_all(session, operation, is_stale, reply)
                               : evaluate_command(session, operation, is_stale, reply);
  if (!is_answered) out.resize(before);
  if (is_answered) replies_.answered(session, out, before);
  is_answered ? news_.deliver_read(session) : news_.forget_read();
  if (!is_answered) notes_.script_calls().forget();
  return is_answered;
}

void Evaluator::note_denials(const Requester& requester) {
  access_.note(requester.session, requester.user, denials_);
  denials_.clear();
}

bool Evaluator::evaluate_command(Session& session, Operation& operation, bool is_stale,
                                 resp::ReplyWriter& reply) {
  const std::size_t before = reply.out().size();
  std::vector<std::string_view>& words = desk_.scratch.words;
  operation.arguments(words);
  const bool has_waited = operation.is_blocked;
  const base::Instant begun = notes_.stopwatch();
  const Requester requester{session, operation.user, engine::users::Where::kTopLevel,
                            operation.remembers};
  if (!evaluate_one(requester, *operation.spec, words, operation.database, is_stale, reply,
                    has_waited))
    return false;
  const std::string_view text = std::string_view(reply.out()).substr(before);
  const bool waits = readers_.waits_on(session, operation, text);
  if (!has_waited) {
    operation.arguments(words);
    operation.took = notes_.stopwatch() - begun;
    notes_.note_command(session, {.spec = *operation.spec,
                                  .argv = words,
                                  .database = operation.database,
                                  .took = operation.took,
                                  .has_failed = text.starts_with('-'),
                                  .is_blocked = waits});
  } else if (!waits) {
    notes_.note_served(session, operation, text);
  }
  return !waits;
}

// A transaction of reads. All of it is answered, or nothing.
bool Evaluator::evaluate_all(Session& session, Operation& operation, bool is_stale,
                             resp::ReplyWriter& reply) {
  const Transaction& transaction = *operation.transaction;
  const base::Instant begun = notes_.stopwatch();
  struct Done {
    base::Duration took{};
    std::size_t reply_at = 0;
    ScriptCalls script = {};
  };
  std::vector<Done> done;
  reply.array(transaction.commands().size());
  const Requester requester{session, operation.user, engine::users::Where::kMulti,
                            operation.remembers};
  for (const Transaction::Queued& queued : transaction.commands()) {
    const base::Instant one_begun = notes_.stopwatch();
    const std::size_t start = reply.out().size();
    desk_.scratch.words.assign(queued.words.begin(), queued.words.end());
    if (!evaluate_one(requester, *queued.spec, desk_.scratch.words, queued.database, is_stale,
                      reply))
      return false;
    done.push_back({notes_.stopwatch() - one_begun, start, notes_.script_calls().take()});
  }
  for (std::size_t i = 0; i < done.size(); ++i) {
    notes_.script_calls().give_back(std::move(done[i].script));
    notes_.note_queued(session, transaction.commands()[i], done[i].took,
                       std::string_view(reply.out()).substr(done[i].reply_at));
  }
  notes_.note_exec(session, *operation.spec, transaction, begun);
  return true;
}

}  // namespace node
