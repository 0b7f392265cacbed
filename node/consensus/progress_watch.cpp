#include "node/consensus/progress_watch.h"

#include <algorithm>
#include <utility>

namespace node {

void ProgressWatch::watch(const WatchProgress& message) {
  const LogIndex before = watched_ ? watched_->index : LogIndex{};
  watched_ = message;
  watched_->index = std::max(before, message.index);
}

void ProgressWatch::tell(const Groups& groups, ConsensusOutput& out) {
  if (!watched_) return;
  Progress progress{.group = watched_->group, .id = watched_->id, .matches = {}};
  bool has_all = true;
  if (const Group* group = groups.find(watched_->group)) {
    for (const raft::PeerProgress& peer : group->raft().progress()) {
      progress.matches.emplace_back(peer.id, peer.match);
      has_all = has_all && peer.match >= watched_->index;
    }
  }
  if (has_all) watched_.reset();
  if (progress.id == told_.id && progress.matches == told_.matches) return;
  told_ = progress;
  out.to_service.emplace_back(std::move(progress));
}

}  // namespace node
