// Life after a power failure that may have taken acknowledged entries (DESIGN decision 20). Term,
// vote and membership are never forgotten, entries may be. What such a node acknowledged before, it
// acknowledged to leaders of terms up to its own, so every later leader that it did not help to
// elect has whatever was committed by it, and so has the leader of its own term.
//
// Until a leader has brought it level with where that leader's log ended when it heard of the
// amnesia, the node acknowledges nothing to leaders that do not know of it, and its votes count
// only in an election in which all voters vote alike: that one is won by the longest log there is.
// A leader that knows counts nothing of the node's log until it is level.
#include <algorithm>

#include "raft/core.h"

namespace raft {

// ---- the node that has forgotten ----

void Raft::Core::begin_amnesia() {
  if (!has_amnesia_) return;
  recall_nonce_ = prng_.next();
  note(
      "the power failed before acknowledged entries were synced: no vote and no acknowledgement "
      "counts until a leader has brought them back, or all voters are there");
}

void Raft::Core::ask_for_recall() {
  if (has_amnesia_ && !recall_to_) send(leader_, Recall{recall_nonce_, log_.last()});
}

void Raft::Core::on(const Message& message, const RecallReply& body) {
  if (!has_amnesia_ || body.nonce != recall_nonce_ || message.from != leader_) return;
  recall_to_ = body.last_index;
}

// The log is the leader's up to `match`.
void Raft::Core::recall_up_to(LogIndex match) {
  if (has_amnesia_ && recall_to_ && match >= *recall_to_)
    end_amnesia("the leader has brought back what the power failure may have taken, up to index " +
                std::to_string(recall_to_->value()));
}

void Raft::Core::end_amnesia(std::string why) {
  if (!has_amnesia_) return;
  has_amnesia_ = false;
  recall_to_.reset();
  out_.has_recalled = true;
  note(std::move(why));
}

// ---- votes ----

bool Raft::Core::has_won() const {
  std::set<NodeId> certain;
  std::set_difference(votes_.begin(), votes_.end(), doubtful_votes_.begin(), doubtful_votes_.end(),
                      std::inserter(certain, certain.end()));
  if (has_majority(certain)) return true;
  const auto& members = membership().members;
  return membership().voter_count() > 0 &&
         std::all_of(members.begin(), members.end(), [this](const Member& member) {
           return !member.is_voter || votes_.contains(member.id);
         });
}

void Raft::Core::add_vote(NodeId from, bool is_doubtful) {
  votes_.insert(from);
  if (is_doubtful) doubtful_votes_.insert(from);
}

void Raft::Core::clear_votes() {
  votes_.clear();
  doubtful_votes_.clear();
}

// ---- the leader ----

void Raft::Core::on(const Message& message, const Recall& body) {
  const auto found = peers_.find(message.from);
  if (role_ != Role::kLeader || found == peers_.end()) return;
  Progress& peer = found->second;
  peer.heard = now_;
  if (!peer.is_forgetful || peer.recall_nonce != body.nonce) {
    end_snapshot(message.from, peer);
    peer.is_forgetful = true;
    peer.recall_nonce = body.nonce;
    peer.recall_to = log_.last();
    peer.recall_from = std::min(body.last_index, log_.last()).next();
    peer.match = LogIndex();
    peer.probe_again();
    note(short_name(message.from) +
         " may have lost the end of its log to a power failure; it counts again when it is level "
         "with index " +
         std::to_string(peer.recall_to.value()));
  }
  send(message.from, RecallReply{body.nonce, peer.recall_to});
  replicate(message.from, peer);
}

}  // namespace raft
