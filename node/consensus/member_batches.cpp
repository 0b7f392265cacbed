#include "node/consensus/member_batches.h"

namespace node {

void MemberBatches::on_proposed(base::LogIndex index) {
  if (!proposing_) return;
  waiting_[proposing_->member].index = index;
  taken_.push_back(*proposing_);
}

bool MemberBatches::must_tell(base::NodeId member, base::LogIndex known) {
  const auto waiting = waiting_.find(member);
  if (waiting == waiting_.end() || known <= waiting->second.told) return false;
  waiting->second.told = known;
  if (known >= waiting->second.index) waiting_.erase(waiting);
  return true;
}

}  // namespace node
