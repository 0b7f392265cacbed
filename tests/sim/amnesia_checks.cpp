#include "tests/sim/amnesia_checks.h"

namespace sim {

void AmnesiaChecks::on_said(const raft::Message& message, bool has_amnesia) {
  if (std::holds_alternative<raft::RecallReply>(message.body))
    told_[message.to].insert(message.term);
  if (!has_amnesia) return;
  const auto* vote = std::get_if<raft::VoteReply>(&message.body);
  const auto* pre_vote = std::get_if<raft::PreVoteReply>(&message.body);
  const auto* appended = std::get_if<raft::AppendReply>(&message.body);
  DEMAND(vote == nullptr || !vote->granted || vote->is_doubtful,
         "a node that may have forgotten entries votes as if it had not");
  DEMAND(pre_vote == nullptr || !pre_vote->granted || pre_vote->is_doubtful,
         "a node that may have forgotten entries grants a pre-vote as if it had not");
  if (appended == nullptr || !appended->success) return;
  DEMAND(is_told_of(message.from, message.term),
         "a node that may have forgotten entries acknowledges to a leader that does not know it");
}

}  // namespace sim
