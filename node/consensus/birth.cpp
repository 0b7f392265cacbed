#include "node/consensus/birth.h"

#include <algorithm>
#include <set>

namespace node {
namespace {

// How often a membership is offered again to a member that has none.
constexpr base::Duration kProposeAgain = base::milliseconds(500);
// Who is missing is said when it changes, not more often than this, and again after a while.
constexpr base::Duration kSayFirst = base::milliseconds(1000);
constexpr base::Duration kSayChange = base::milliseconds(3000);
constexpr base::Duration kSayAgain = base::milliseconds(15000);

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::optional<raft::Membership> decode_offer(std::string_view bytes) {
  auto membership = raft::decode_membership(bytes);
  const auto is_shown = [](const raft::Member& member) { return is_address(member.address); };
  const bool is_good =
      membership && membership->voter_count() > 0 &&
      std::all_of(membership->members.begin(), membership->members.end(), is_shown);
  return is_good ? std::move(membership) : std::nullopt;
}

Birth::Birth(Options options) : options_(std::move(options)), prng_(options_.seed) {
  for (const std::string& text : options_.raft_peers)
    addresses_.push_back({.text = text, .answer = {}});
  if (options_.restored.members.empty()) return;
  membership_ = options_.restored;
  phase_ = options_.is_restored_born ? Phase::kBorn : Phase::kAccepted;
}

bool Birth::is_self(const Hello& hello) const {
  return hello.id == options_.self && hello.epoch == options_.epoch;
}

// -- what is told

void Birth::on_answer(const std::string& address, const Hello& hello) {
  for (Address& known : addresses_) {
    if (known.text != address) continue;
    known.answer = hello;
    known.is_taken = !hello.cluster.is_none();
    known.proof = known.is_taken ? cluster_proof(hello.cluster, options_.self) : 0;
  }
}

void Birth::on_taken(const std::string& address, std::uint64_t proof) {
  for (Address& known : addresses_) {
    if (known.text != address) continue;
    known.is_taken = true;
    known.proof = proof;
  }
}

void Birth::on_lost(const std::string& address) {
  for (Address& known : addresses_) {
    if (known.text == address && !(known.answer && is_self(*known.answer))) known.answer.reset();
  }
}

void Birth::on_hello(const Hello& hello) {
  Peer& peer = peers_[hello.id];
  if (peer.epoch != hello.epoch) peer = Peer{};
  peer.epoch = hello.epoch;
  peer.is_connected = peer.must_be_told = true;
  // Another link of the same run may have brought newer news already.
  if (peer.cluster.is_none()) peer.cluster = hello.cluster;
  if (hello.birth.version >= peer.status.version) peer.status = hello.birth;
}

void Birth::on_status(NodeId from, const BirthStatus& status) {
  const auto peer = peers_.find(from);
  if (peer != peers_.end() && status.version >= peer->second.status.version)
    peer->second.status = status;
}

void Birth::on_founded(NodeId from, base::ClusterId cluster) {
  const auto peer = peers_.find(from);
  if (peer != peers_.end()) peer->second.cluster = cluster;
}

void Birth::on_found(NodeId from, const raft::Membership& membership) {
  offered_ = membership;
  offered_by_ = from;
}

void Birth::on_raft_heard() { has_heard_raft_ = true; }

void Birth::on_disconnected(NodeId peer) {
  const auto found = peers_.find(peer);
  if (found != peers_.end()) found->second.is_connected = false;
}

void Birth::on_written() {
  CHECK(phase_ == Phase::kWriting);
  phase_ = is_welcomed_ ? Phase::kBorn : Phase::kAccepted;
  for (auto& [id, peer] : peers_) peer.must_be_told = true;
}

std::optional<std::string> Birth::objection_to(const Invitation& invitation) const {
  const Address* elsewhere = nullptr;
  bool is_listed = false;
  const std::uint64_t proof = cluster_proof(invitation.cluster, options_.self);
  for (const Address& address : addresses_) {
    is_listed = is_listed ||
                std::find(invitation.addresses.begin(), invitation.addresses.end(), address.text) !=
                    invitation.addresses.end() ||
                (address.is_taken && address.proof == proof);
    if (address.is_taken) elsewhere = &address;
  }
  if (elsewhere != nullptr && !is_listed)
    return "node waits for the cluster that " + elsewhere->text + " of its raft-peers belongs to";
  const bool is_alone = invitation.addresses.size() == 1;
  if (is_alone && !options_.joins.is_none() && options_.joins != invitation.cluster)
    return "node waits for cluster " + cluster_name(options_.joins) + ", which has met it";
  // A larger one may have lost all that were there when the list was written.
  if (addresses_.empty() || is_listed || !is_alone) return {};
  return "node waits for its raft-peers, and cluster " + cluster_name(invitation.cluster) +
         " of one node is none of them; without raft-peers it can join";
}

// -- what follows from it

BirthOutput Birth::advance(base::Instant now) {
  BirthOutput out;
  next_deadline_ = base::Instant::max();
  if (phase_ == Phase::kSearching) {
    check_list(out);
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

void Birth::check_list(BirthOutput& out) {
  if (addresses_.empty()) return;
  const std::string list = "raft-peers " + joined(options_.raft_peers);
  std::map<std::pair<NodeId, std::uint64_t>, std::string> seen;
  bool has_self = false, are_all_answered = true;
  for (const Address& address : addresses_) {
    if (!address.answer) {
      are_all_answered = false;
      continue;
    }
    const auto [other, is_new] =
        seen.emplace(std::pair(address.answer->id, address.answer->epoch), address.text);
    if (!is_new) {
      const char* whom = is_self(*address.answer) ? "this node" : "one node";
      out.fatal = list + ": " + other->second + " and " + address.text + " are both " + whom;
      return;
    }
    has_self = has_self || is_self(*address.answer);
  }
  if (are_all_answered && !has_self) out.fatal = list + ": none of these addresses is this node";
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
  const bool may_found = !addresses_.empty() && !options_.is_joining;
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

bool Birth::do_all_agree() const {
  const BirthStatus own = seen();
  if (!own.is_complete) return false;
  return std::all_of(addresses_.begin(), addresses_.end(), [&](const Address& address) {
    if (is_self(*address.answer)) return true;
    const auto peer = peers_.find(address.answer->id);
    return peer != peers_.end() && peer->second.is_connected && peer->second.cluster.is_none() &&
           address.answer->wants_vote && address.answer->cluster.is_none() &&
           peer->second.epoch == address.answer->epoch && peer->second.status.agrees_with(own);
  });
}

void Birth::found_if_all_agree(BirthOutput& out) {
  if (phase_ != Phase::kSearching || options_.is_joining) return;
  if (!addresses_.empty() && (!do_all_agree() || seen().met.front() != options_.self)) return;
  const raft::Membership membership = draw_membership();
  out.lines.push_back({LogLevel::kNotice, "founding cluster " + cluster_name(membership.cluster) +
                                              " of " + std::to_string(membership.members.size()) +
                                              " nodes"});
  begin_writing(membership, out);
}

raft::Membership Birth::draw_membership() {
  raft::Membership membership;
  while (membership.cluster.is_none()) membership.cluster = base::ClusterId(prng_.next());
  for (const Address& address : addresses_)
    membership.members.push_back({.id = address.answer->id, .address = address.text});
  if (addresses_.empty())
    membership.members.push_back({.id = options_.self, .address = options_.own_address});
  std::sort(membership.members.begin(), membership.members.end(),
            [](const raft::Member& a, const raft::Member& b) { return a.id < b.id; });
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
  BirthStatus now_seen = seen();
  if (is_searching && !told_.agrees_with(now_seen)) {
    now_seen.version = told_.version + 1;
    told_ = std::move(now_seen);
    for (auto& [id, peer] : peers_) peer.must_be_told = true;
  }
  for (auto& [id, peer] : peers_) {
    if (!peer.must_be_told || !peer.is_connected || phase_ == Phase::kWriting) continue;
    peer.must_be_told = false;
    if (is_searching)
      out.sends.push_back({id, WireKind::kBirthStatus, encode_birth_status(told_)});
    else
      out.sends.push_back({id, WireKind::kFounded, encode_cluster_id(membership_.cluster)});
  }
}

void Birth::welcome(base::Instant now, const raft::Membership& committed, BirthOutput& out) {
  const bool is_due = now >= welcome_again_;
  for (const raft::Member& member : committed.members) {
    const auto peer = peers_.find(member.id);
    const bool has_none =
        peer != peers_.end() && peer->second.is_connected && peer->second.cluster.is_none();
    if (member.is_voter || member.id == options_.self || !has_none) continue;
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
      const auto peer = peers_.find(member.id);
      if (peer == peers_.end() || !peer->second.is_connected || !peer->second.cluster.is_none())
        continue;
      out.sends.push_back({member.id, WireKind::kFound, raft::encode_membership(membership_)});
    }
  }
  next_deadline_ = std::min(next_deadline_, propose_again_);
}

void Birth::end_if_all_accepted(BirthOutput& out) {
  const bool have_all = std::all_of(
      membership_.members.begin(), membership_.members.end(), [&](const raft::Member& member) {
        const auto peer = peers_.find(member.id);
        return member.id == options_.self ||
               (peer != peers_.end() && peer->second.cluster == membership_.cluster);
      });
  if (!have_all && !has_heard_raft_) return;
  phase_ = Phase::kBorn;
  next_deadline_ = base::Instant::max();
  out.lines.push_back({LogLevel::kNotice, "cluster " + cluster_name(membership_.cluster) + " of " +
                                              std::to_string(membership_.members.size()) +
                                              " nodes is founded"});
}

BirthStatus Birth::seen() const {
  std::set<NodeId> met;
  bool is_complete = !addresses_.empty();
  for (const Address& address : addresses_) {
    if (address.answer)
      met.insert(address.answer->id);
    else
      is_complete = false;
  }
  return {.version = 0, .is_complete = is_complete, .met = {met.begin(), met.end()}};
}

// -- who is missing

std::string Birth::missing_addresses() const {
  std::vector<std::string> missing;
  const BirthStatus own = seen();
  for (const Address& address : addresses_) {
    if (address.is_taken) {
      missing.push_back(
          address.text +
          " belongs to a cluster already: this node stays outside until CLUSTER MEET, "
          "or until its leader takes it for a member that had this address");
    } else if (!address.answer) {
      missing.push_back(address.text + " does not answer");
    } else if (!address.answer->wants_vote) {
      missing.push_back(address.text +
                        " was started with 'raft-voter no', and a cluster is founded by voters: "
                        "leave it out of raft-peers, CLUSTER MEET adds it");
    } else if (own.is_complete && !is_self(*address.answer)) {
      const auto peer = peers_.find(address.answer->id);
      const bool agrees = peer != peers_.end() && peer->second.status.agrees_with(own);
      if (!agrees) missing.push_back(address.text + " does not see the same nodes");
    }
  }
  return joined(missing);
}

std::string Birth::missing_acceptances() const {
  std::vector<std::string> missing;
  for (const raft::Member& member : membership_.members) {
    const auto peer = peers_.find(member.id);
    const bool has_accepted = member.id == options_.self ||
                              (peer != peers_.end() && peer->second.cluster == membership_.cluster);
    if (!has_accepted)
      missing.push_back(member.address + " (" + short_name(member.id) + ") has not accepted");
  }
  return joined(missing);
}

std::string Birth::waiting_for() const {
  if (phase_ == Phase::kBorn) return {};
  if (options_.is_joining && phase_ == Phase::kSearching)
    return "a cluster that adds this node (CLUSTER MEET)";
  return phase_ == Phase::kAccepted ? missing_acceptances() : missing_addresses();
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
