// The part of the consensus machine that keeps promises (promises.h): its own are said to the other
// members, theirs are remembered on the disk, and a node that is shown to have come back with an
// older copy of its directory says nothing more under its id.
#include <algorithm>
#include <utility>

#include "node/consensus/machine.h"

namespace node {
namespace {

constexpr base::Duration kTellEvery = base::milliseconds(500);
constexpr base::Duration kRememberUrgently = base::milliseconds(1000);  // term or vote
constexpr base::Duration kRememberEvery = base::milliseconds(10'000);

}  // namespace

void Consensus::Machine::keep_promises(ConsensusOutput& out) {
  const Group* group = only_group();
  if (group == nullptr) return;
  links_.set_holding(group->holding());
  tell_promise(group->promised(), out);
  remember_promises(out);
}

void Consensus::Machine::tell_promise(const Promise& promise, ConsensusOutput& out) {
  must_tell_promise_ = must_tell_promise_ || promise != told_promise_;
  if (!must_tell_promise_) return;
  if (now_ < tell_due_) {
    out.next_deadline = std::min(out.next_deadline, tell_due_);
    return;
  }
  for (const raft::Member& member : only_group()->raft().membership().members) {
    if (member.id != options_.self)
      links_.send(member.id, WireKind::kPromised, encode_promise(promise));
  }
  must_tell_promise_ = false;
  told_promise_ = promise;
  tell_due_ = now_ + kTellEvery;
}

void Consensus::Machine::remember_promises(ConsensusOutput& out) {
  Promises& promises = links_.promises();
  if (!promises.has_news()) return;
  const base::Instant due =
      remembered_ + (promises.is_urgent() ? kRememberUrgently : kRememberEvery);
  if (now_ < due) {
    out.next_deadline = std::min(out.next_deadline, due);
    return;
  }
  remembered_ = now_;
  out.to_log.emplace_back(LogRemember{promises.encode()});
}

void Consensus::Machine::on_promised(NodeId from, const Promise& promise) {
  links_.promises().remember(from, links_.epoch_of(from), promise);
}

void Consensus::Machine::on(const OldCopyTold& event) {
  if (groups_.empty()) return;
  const std::string who = short_name(event.from);
  if (keeps(found_, event.promise)) {
    for_lines_.push_back({LogLevel::kWarning, who + " says that this node had promised " +
                                                  text_of(event.promise) +
                                                  ", which it holds; not believed"});
    return;
  }
  old_copy_ = "an older copy: it holds " + text_of(found_) + ", but this node had promised " +
              text_of(event.promise) + " to " + who;
  for_service_.emplace_back(
      LeftCluster{base::kFirstGroup, "CLUSTERDOWN this node's directory is an older copy"});
  orders_.leave(options_.self, "ERR this node's directory is an older copy");
  groups_.clear();
  links_.leave();
  must_restart_ = is_touched_ = is_view_urgent_ = true;
}

}  // namespace node
