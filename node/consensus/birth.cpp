#include "node/consensus/birth.h"

#include <algorithm>

namespace node {
namespace {

// How often a membership is offered again to a member that has none.
constexpr base::Duration kProposeAgain = base::milliseconds(500);
// Who is missing is said when it changes, not more often than this, and again after a while.
constexpr base::Duration kSayFirst = base::milliseconds(1000);
constexpr base::Duration kSayChange = base::milliseconds(3000);
constexpr base::Duration kSayAgain = base::milliseconds(15000);

}  // namespace

std::optional<raft::Membership> decode_offer(std::string_view bytes) {
  auto membership = raft::decode_membership(bytes);
  const auto is_shown = [](const raft::Member& member) { return is_address(member.address); };
  const bool is_good =
      membership && membership->voter_count() > 0 &&
      std::all_of(membership->members.begin(), membership->members.end(), is_shown);
  return is_good ? std::move(membership) : std::nullopt;
}

Birth::Birth(Options options)
    : options_(std::move(options)),
      prng_(options_.seed),
      discovery_(options_.self, options_.epoch, options_.raft_peers) {
  if (options_.restored.members.empty()) return;
  membership_ = options_.restored;
  phase_ = options_.is_restored_born ? Phase::kBorn : Phase::kAccepted;
}

// -- what is told

void Birth::on_found(NodeId from, const raft::Membership& membership) {
  offered_ = membership;
  offered_by_ = from;
}

void Birth::on_raft_heard() { has_heard_raft_ = true; }

void Birth::on_written() {
  CHECK(phase_ == Phase::kWriting);
  phase_ = is_welcomed_ ? Phase::kBorn : Phase::kAccepted;
  discovery_.owe_all();
}

// -- what follows from it

BirthOutput Birth::advance(base::Instant now) {
  BirthOutput out;
  next_deadline_ = base::Instant::max();
  if (phase_ == Phase::kSearching) {
    out.fatal = discovery_.fault_of_list();
    if (out.fatal) return out;
    accept_offer(out);
    found_if_all_agree(out);
  }
  tell_peers(out);
  if (phase_ == Phase::kAccepted) {
    repeat_proposal(now, out);
    end_if_all_accepted(out);
  }
  if (phase_ != Phase::kBorn) say_who_is_missing(now, out);
  return out;
}

void Birth::accept_offer(BirthOutput& out) {
  if (!offered_) return;
  const raft::Membership offer = std::move(*offered_);
  offered_.reset();
  const raft::Member* self = offer.find(options_.self);
  const bool is_for_both = self != nullptr && offer.find(offered_by_) != nullptr;
  if (is_for_both && !offer.cluster.is_none() && !self->is_voter) {
    // An older cluster has added this node, which has nothing to remember as its voter.
    out.lines.push_back({LogLevel::kNotice, "added to cluster " + cluster_name(offer.cluster) +
                                                " of " + std::to_string(offer.members.size()) +
                                                " nodes"});
    is_welcomed_ = true;
    return begin_writing(offer, out);
  }
  const bool may_found = discovery_.has_addresses() && !options_.is_joining;
  if (!may_found || !is_for_both || offer.cluster.is_none()) {
    out.lines.push_back({LogLevel::kWarning, "a founding proposed by " + short_name(offered_by_) +
                                                 " is not for this node, refused"});
    return;
  }
  out.lines.push_back({LogLevel::kNotice, short_name(offered_by_) + " proposes cluster " +
                                              cluster_name(offer.cluster) + " of " +
                                              std::to_string(offer.members.size()) +
                                              " nodes, accepting"});
  begin_writing(offer, out);
}

void Birth::found_if_all_agree(BirthOutput& out) {
  if (phase_ != Phase::kSearching || options_.is_joining) return;
  const bool is_alone = !discovery_.has_addresses();
  if (!is_alone && !discovery_.do_all_agree()) return;
  if (!is_alone && discovery_.seen().met.front() != options_.self) return;  // the lowest id founds
  const raft::Membership membership = draw_membership();
  out.lines.push_back({LogLevel::kNotice, "founding cluster " + cluster_name(membership.cluster) +
                                              " of " + std::to_string(membership.members.size()) +
                                              " nodes"});
  begin_writing(membership, out);
}

raft::Membership Birth::draw_membership() {
  raft::Membership membership;
  while (membership.cluster.is_none()) membership.cluster = base::ClusterId(prng_.next());
  membership.members = discovery_.founders();
  if (membership.members.empty())
    membership.members.push_back({.id = options_.self, .address = options_.own_address});
  return membership;
}

void Birth::begin_writing(raft::Membership membership, BirthOutput& out) {
  phase_ = Phase::kWriting;
  membership_ = membership;
  out.write = std::move(membership);
}

// What this node sees or has accepted goes to each peer when it connects and when it changes.
void Birth::tell_peers(BirthOutput& out) {
  const bool is_searching = phase_ == Phase::kSearching;
  BirthStatus now_seen = discovery_.seen();
  if (is_searching && !told_.agrees_with(now_seen)) {
    now_seen.version = told_.version + 1;
    told_ = std::move(now_seen);
    discovery_.owe_all();
  }
  if (phase_ == Phase::kWriting) return;
  for (const NodeId id : discovery_.take_owed()) {
    if (is_searching)
      out.sends.push_back({id, WireKind::kBirthStatus, encode_birth_status(told_)});
    else
      out.sends.push_back({id, WireKind::kFounded, encode_cluster_id(membership_.cluster)});
  }
}

void Birth::welcome(base::Instant now, const raft::Membership& committed, BirthOutput& out) {
  const bool is_due = now >= welcome_again_;
  for (const raft::Member& member : committed.members) {
    if (member.is_voter || member.id == options_.self) continue;
    if (!discovery_.lacks_cluster(member.id)) continue;
    if (is_due)
      out.sends.push_back({member.id, WireKind::kFound, raft::encode_membership(committed)});
    if (is_due) welcome_again_ = now + kProposeAgain;
    next_deadline_ = std::min(next_deadline_, welcome_again_);
  }
}

void Birth::repeat_proposal(base::Instant now, BirthOutput& out) {
  if (now >= propose_again_) {
    propose_again_ = now + kProposeAgain;
    for (const raft::Member& member : membership_.members) {
      if (!discovery_.lacks_cluster(member.id)) continue;
      out.sends.push_back({member.id, WireKind::kFound, raft::encode_membership(membership_)});
    }
  }
  next_deadline_ = std::min(next_deadline_, propose_again_);
}

void Birth::end_if_all_accepted(BirthOutput& out) {
  if (!discovery_.have_all_accepted(membership_) && !has_heard_raft_) return;
  phase_ = Phase::kBorn;
  next_deadline_ = base::Instant::max();
  out.lines.push_back({LogLevel::kNotice, "cluster " + cluster_name(membership_.cluster) + " of " +
                                              std::to_string(membership_.members.size()) +
                                              " nodes is founded"});
}

// -- who is missing

std::string Birth::waiting_for() const {
  if (phase_ == Phase::kBorn) return {};
  if (options_.is_joining && phase_ == Phase::kSearching)
    return "a cluster that adds this node (CLUSTER MEET)";
  return phase_ == Phase::kAccepted ? discovery_.missing_acceptances(membership_)
                                    : discovery_.missing_answers();
}

void Birth::say_who_is_missing(base::Instant now, BirthOutput& out) {
  if (say_again_ == base::Instant{}) say_again_ = now + kSayFirst;
  const std::string missing = waiting_for();
  const bool is_due =
      now >= say_again_ && (missing != said_ || now >= say_again_ + (kSayAgain - kSayChange));
  if (is_due && !missing.empty()) {
    std::string what = phase_ == Phase::kAccepted ? "the cluster's founding: " : "all raft-peers: ";
    if (options_.is_joining && phase_ == Phase::kSearching) what.clear();
    out.lines.push_back({LogLevel::kNotice, "waiting for " + what + missing});
    said_ = missing;
    say_again_ = now + kSayChange;
  }
  const base::Instant next = missing != said_ ? say_again_ : say_again_ + (kSayAgain - kSayChange);
  if (!missing.empty())
    next_deadline_ = std::min(next_deadline_, std::max(next, now + base::milliseconds(1)));
}

}  // namespace node
