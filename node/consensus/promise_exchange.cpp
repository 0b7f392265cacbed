#include "node/consensus/promise_exchange.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

constexpr base::Duration kTellEvery = base::milliseconds(500);
constexpr base::Duration kRememberUrgently = base::milliseconds(1000);  // term or vote
constexpr base::Duration kRememberEvery = base::milliseconds(10'000);

// What its log holds, or will when what is under way is written.
Holding holding_of(const raft::Raft& raft) {
  return {.term = raft.hard_state().term,
          .vote = raft.hard_state().vote,
          .last_index = raft.last_index(),
          .may_have_forgotten = raft.has_amnesia()};
}

}  // namespace

PromiseExchange::PromiseExchange(NodeId self, const Holding& found, const std::string& remembered,
                                 PeerLinks& links, Outgoing& outgoing)
    : self_(self), found_(found), links_(links), outgoing_(outgoing) {
  links_.set_holding(found_);
  if (!remembered.empty() && !links_.promises().decode(remembered))
    outgoing_.say(LogLevel::kWarning, "what is remembered of the members is malformed");
}

void PromiseExchange::finish_turn(base::Instant now, const Group& group, ConsensusOutput& out) {
  links_.set_holding(holding_of(group.raft()));
  tell(now, group, out);
  remember(now, out);
}

void PromiseExchange::tell(base::Instant now, const Group& group, ConsensusOutput& out) {
  const Promise& promise = group.promised();
  must_tell_ = must_tell_ || promise != told_;
  if (!must_tell_) return;
  if (now < tell_due_) {
    out.next_deadline = std::min(out.next_deadline, tell_due_);
    return;
  }
  for (const raft::Member& member : group.raft().membership().members) {
    if (member.id != self_) links_.send(member.id, WireKind::kPromised, encode_promise(promise));
  }
  must_tell_ = false;
  told_ = promise;
  tell_due_ = now + kTellEvery;
}

void PromiseExchange::remember(base::Instant now, ConsensusOutput& out) {
  Promises& promises = links_.promises();
  if (!promises.has_news()) return;
  const base::Instant due =
      remembered_ + (promises.is_urgent() ? kRememberUrgently : kRememberEvery);
  if (now < due) {
    out.next_deadline = std::min(out.next_deadline, due);
    return;
  }
  remembered_ = now;
  out.to_log.emplace_back(LogRemember{promises.encode()});
}

void PromiseExchange::on_promised(NodeId from, const Promise& promise) {
  links_.promises().remember(from, links_.epoch_of(from), promise);
}

bool PromiseExchange::is_old_copy(const OldCopyTold& event) {
  const std::string who = short_name(event.from);
  if (keeps(found_, event.promise)) {
    outgoing_.say(LogLevel::kWarning, who + " says that this node had promised " +
                                          text_of(event.promise) +
                                          ", which it holds; not believed");
    return false;
  }
  outgoing_.set_old_copy("an older copy: it holds " + text_of(found_) +
                         ", but this node had promised " + text_of(event.promise) + " to " + who);
  return true;
}

}  // namespace node
