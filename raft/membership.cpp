// The membership in force is that of the newest kMembership entry in the log, committed or not
// (thesis 4.1): effective on append, undone on truncation. The leader changes one member at a time:
// one change under way, and none before an entry of its own term is committed, or two leaders could
// each count a majority of their own (the correction of 2015 to thesis 4.1).
#include <algorithm>

#include "base/check.h"
#include "raft/core.h"

namespace raft {
namespace {

Member& member_of(Membership& membership, NodeId id) {
  const auto found = std::find_if(membership.members.begin(), membership.members.end(),
                                  [id](const Member& member) { return member.id == id; });
  CHECK(found != membership.members.end());
  return *found;
}

// Members stay in the order of their ids.
void insert_learner(Membership& membership, NodeId id, const std::string& address) {
  auto place = membership.members.begin();
  while (place != membership.members.end() && place->id < id) ++place;
  membership.members.insert(place, {.id = id, .address = address, .is_voter = false});
}

}  // namespace

bool Raft::Core::is_voter(NodeId id) const {
  const Member* member = membership().find(id);
  return member != nullptr && member->is_voter;
}

// Whoever leads next may need the vote of a node that is to go, whose log may be the longest: were
// it silent, nobody could lead. After a restart little is known as committed: any membership from
// there on may be the one that counts.
bool Raft::Core::may_stand() const {
  const Membership* committed = &committed_membership();
  return std::any_of(memberships_.begin(), memberships_.end(), [&](const auto& known) {
    const bool may_count = known.index > commit_ || &known.membership == committed;
    const Member* member = known.membership.find(options_.self);
    return may_count && member != nullptr && member->is_voter;
  });
}

bool Raft::Core::is_sole_voter() const {
  return is_voter(options_.self) && membership().voter_count() == 1;
}

const Membership& Raft::Core::committed_membership() const {
  auto newest = memberships_.rbegin();
  while (std::next(newest) != memberships_.rend() && newest->index > commit_) ++newest;
  return newest->membership;
}

void Raft::Core::adopt_membership(const Entry& entry) {
  auto membership = decode_membership(entry.payload);
  CHECK(membership.has_value());  // encoded by a leader of this very core; the wire and the log
                                  // have checksums
  memberships_.push_back({entry.index, std::move(*membership)});
  membership_changed();
}

void Raft::Core::undo_memberships_from(LogIndex index) {
  bool has_changed = false;
  while (memberships_.size() > 1 && memberships_.back().index >= index) {
    memberships_.pop_back();
    has_changed = true;
  }
  if (has_changed) membership_changed();
}

void Raft::Core::membership_changed() {
  out_.membership_change = membership();
  if (role_ == Role::kFollower || role_ == Role::kLearner) role_ = resting_role();
  if (role_ != Role::kLeader) return;
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    const bool is_member = membership().find(peer->first) != nullptr;
    if (!is_member) end_snapshot(peer->first, peer->second);
    peer = is_member ? std::next(peer) : peers_.erase(peer);
  }
  for (const Member& member : membership().members) {
    if (member.id == options_.self || peers_.contains(member.id)) continue;
    Progress peer;
    peer.next = log_.last().next();
    peer.heard = now_;
    peers_.emplace(member.id, std::move(peer));
  }
}

// ---- changes asked of the leader ----

void Raft::Core::answer_change(std::uint64_t id, std::optional<ChangeRefusal> refusal) {
  out_.changed.push_back({id, refusal});
}

std::optional<ChangeRefusal> Raft::Core::objection_to_change() const {
  if (role_ != Role::kLeader) return ChangeRefusal::kNotLeader;
  if (!transfer_target_.is_none()) return ChangeRefusal::kTransferring;
  if (!has_committed_own_term()) return ChangeRefusal::kTermNotOpen;
  if (memberships_.back().index > commit_) return ChangeRefusal::kUnderWay;
  return {};
}

void Raft::Core::change_membership(ChangeMembership& asked) {
  if (const auto objection = objection_to_change()) return answer_change(asked.id, objection);
  Changing changing =
      std::visit([this](const auto& change) { return changed_by(change); }, asked.change);
  if (const auto* refusal = std::get_if<ChangeRefusal>(&changing))
    return answer_change(asked.id, *refusal);
  std::optional<Membership>& next = std::get<std::optional<Membership>>(changing);
  if (!next) return answer_change(asked.id, {});
  const auto* removal = std::get_if<RemoveMember>(&asked.change);
  if (removal != nullptr && removal->id == options_.self) {
    start_transfer(NodeId());
    if (!transfer_target_.is_none()) {
      removal_of_self_ = asked.id;
      return;
    }
  }
  append_membership(std::move(*next), {.id = asked.id, .is_asked_for = true, .index = {}});
}

Changing Raft::Core::changed_by(const AddLearner& change) const {
  CHECK(!change.id.is_none());
  if (const Member* known = membership().find(change.id)) {
    if (known->address != change.address) return ChangeRefusal::kKnownMember;
    return std::optional<Membership>();
  }
  // Found by the simulator: a node that lost its directory was met at once, and its former self
  // stayed a voter that nobody could ever hear.
  for (const Member& member : membership().members) {
    if (member.address != change.address) continue;
    const bool is_there = member.id == options_.self || is_heard(progress_of(member.id));
    if (is_there) return ChangeRefusal::kAddressTaken;
    return changed_by(ReplaceMember{member.id, change.id});
  }
  Membership next = membership();
  insert_learner(next, change.id, change.address);
  return next;
}

Changing Raft::Core::changed_by(const PromoteLearner& change) const {
  const auto peer = peers_.find(change.id);
  if (peer == peers_.end()) return ChangeRefusal::kUnknownMember;
  if (is_voter(change.id)) return ChangeRefusal::kNotLearner;
  if (!wants_vote(change.id)) return ChangeRefusal::kUnwilling;
  // A state machine that answers reads without asking, as the only member's does, is to know first
  // that it is not the only one: it does when it has applied the learner's coming.
  if (peer->second.match < commit_ || applied_ < memberships_.back().index)
    return ChangeRefusal::kNotLevel;
  Membership next = membership();
  member_of(next, change.id).is_voter = true;
  return next;
}

Changing Raft::Core::changed_by(const DemoteVoter& change) const {
  if (membership().find(change.id) == nullptr) return ChangeRefusal::kUnknownMember;
  if (!is_voter(change.id)) return ChangeRefusal::kNotVoter;
  if (membership().voter_count() == 1) return ChangeRefusal::kLastVoter;
  if (change.id == options_.self) return ChangeRefusal::kLeads;
  Membership next = membership();
  member_of(next, change.id).is_voter = false;
  return if_it_can_go_on(std::move(next));
}

Changing Raft::Core::changed_by(const RemoveMember& change) const {
  if (membership().find(change.id) == nullptr) return ChangeRefusal::kUnknownMember;
  if (is_voter(change.id) && membership().voter_count() == 1) return ChangeRefusal::kLastVoter;
  return without(change.id, membership());
}

// A leader that is to go itself hands over if it hears anybody: whether the others can go on is for
// the next one to judge.
Changing Raft::Core::without(NodeId id, Membership next) const {
  std::erase_if(next.members, [&](const Member& member) { return member.id == id; });
  if (id == options_.self) return next;
  return if_it_can_go_on(std::move(next));
}

// Found by the simulator: of three with one gone, the removal of one that is there leaves two of
// which one is there, and nobody ever commits anything again.
Changing Raft::Core::if_it_can_go_on(Membership next) const {
  std::size_t there = 0, on_credit = 0;
  for (const Member& member : next.members) {
    if (!member.is_voter) continue;
    const Progress* peer = member.id == options_.self ? nullptr : &progress_of(member.id);
    if (peer == nullptr)
      ++there;
    else if (is_heard(*peer))
      ++(peer->heard == credit_ ? on_credit : there);
  }
  const std::size_t half = next.voter_count() / 2;
  if (there > half) return next;
  return there + on_credit > half ? ChangeRefusal::kTermNotOpen : ChangeRefusal::kNoMajority;
}

Changing Raft::Core::changed_by(const SetAddress& change) const {
  const Member* known = membership().find(change.id);
  if (known == nullptr) return ChangeRefusal::kUnknownMember;
  if (known->address == change.address) return std::optional<Membership>();
  Membership next = membership();
  member_of(next, change.id).address = change.address;
  return next;
}

Changing Raft::Core::changed_by(const ReplaceMember& change) const {
  CHECK(!change.id.is_none());
  const Member* old = membership().find(change.old);
  const bool is_known = membership().find(change.id) != nullptr;
  if (old == nullptr && is_known) return std::optional<Membership>();
  if (old == nullptr) return ChangeRefusal::kUnknownMember;
  // Asked of a leader that has taken this one for lost, perhaps: it leads now.
  if (is_known || change.old == options_.self) return ChangeRefusal::kKnownMember;
  Membership next = membership();
  insert_learner(next, change.id, std::string(old->address));
  return without(change.old, std::move(next));
}

void Raft::Core::append_membership(Membership next, PendingChange pending) {
  pending.index = next.version = log_.last().next();
  pending_change_ = pending;
  append_own(EntryKind::kMembership, encode_membership(next));
  replicate_all();
}

// The transfer before it has failed. Nothing could object meanwhile: no change is made during one.
void Raft::Core::remove_self(std::uint64_t id) {
  CHECK(!objection_to_change());
  Changing changing = changed_by(RemoveMember{options_.self});
  auto* next = std::get_if<std::optional<Membership>>(&changing);
  CHECK(next != nullptr);
  append_membership(std::move(**next), {.id = id, .is_asked_for = true, .index = {}});
}

// ---- changes that the leader makes by itself ----

void Raft::Core::on_wish(const PeerWish& wish) {
  if (wish.wants_vote)
    unwilling_.erase(wish.peer);
  else
    unwilling_.insert(wish.peer);
}

// An answer of that peer has come.
void Raft::Core::promote_or_demote(NodeId id, Progress& peer) {
  if (wants_vote(id)) return promote_if_level(id, peer);
  if (is_voter(id)) demote(id);
}

void Raft::Core::demote(NodeId id) {
  if (objection_to_change()) return;
  Changing changing = changed_by(DemoteVoter{id});
  auto* next = std::get_if<std::optional<Membership>>(&changing);
  if (next != nullptr) {
    note(short_name(id) + " wishes to vote no more and becomes a learner");
    return append_membership(std::move(**next), {});
  }
  if (!refused_demotions_.insert(id).second) return;
  note(short_name(id) +
       " wishes to vote no more, but stays a voter until a majority of the others is reachable");
}

// Level is who takes no longer than an election timeout for what had gathered when it began (thesis
// 4.2.1): as a voter it holds nobody up.
void Raft::Core::promote_if_level(NodeId id, Progress& peer) {
  if (!options_.promotes_learners || is_voter(id)) return;
  if (peer.is_forgetful) return;
  if (!peer.round_end.is_none() && peer.match < peer.round_end) return;
  const bool is_level =
      !peer.round_end.is_none() && now_ - peer.round_began <= options_.election_timeout_min;
  peer.round_end = log_.last();
  peer.round_began = now_;
  if (!is_level || objection_to_change()) return;
  Changing changing = changed_by(PromoteLearner{id});
  auto* next = std::get_if<std::optional<Membership>>(&changing);
  if (next == nullptr) return;
  note(short_name(id) + " is level and becomes a voter");
  append_membership(std::move(**next), {});
}

// ---- their end ----

// Commit has advanced.
void Raft::Core::end_changes() {
  if (!pending_change_ || pending_change_->index > commit_) return;
  if (pending_change_->is_asked_for) answer_change(pending_change_->id, {});
  pending_change_.reset();
}

void Raft::Core::lose_changes() {
  if (pending_change_ && pending_change_->is_asked_for)
    answer_change(pending_change_->id, ChangeRefusal::kLeadershipLost);
  if (removal_of_self_) answer_change(*removal_of_self_, ChangeRefusal::kLeadershipLost);
  pending_change_.reset();
  removal_of_self_.reset();
}

// A leader that is no member any more has managed its own removal until here.
void Raft::Core::leave_if_removed() {
  if (is_voter(options_.self) || memberships_.back().index > commit_) return;
  note("this node is a voter no more, stepping down");
  send_heartbeats();  // the others shall know that it is committed
  const NodeId successor = best_successor();
  CHECK(!successor.is_none());  // the voter whose acknowledgement has just committed it
  // While reads here need no evidence nobody may be told to set aside what it is bound to.
  if (lease_.is_over(now_)) send(successor, TimeoutNow{});
  become_follower(hard_.term, NodeId());
}

}  // namespace raft
