#include "node/consensus/discovery.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"

namespace node {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Discovery::Discovery(NodeId self, std::uint64_t epoch, const std::vector<std::string>& addresses)
    : self_(self), epoch_(epoch) {
  for (const std::string& text : addresses) addresses_.push_back({.text = text, .answer = {}});
}

bool Discovery::is_self(const Hello& hello) const {
  return hello.id == self_ && hello.epoch == epoch_;
}

const Discovery::Peer* Discovery::find(NodeId id) const {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second;
}

// -- what is told

void Discovery::on_answer(const std::string& address, const Hello& hello) {
  for (Address& known : addresses_) {
    if (known.text != address) continue;
    known.answer = hello;
    known.is_taken = !hello.cluster.is_none();
    known.proof = known.is_taken ? cluster_proof(hello.cluster, self_) : 0;
  }
}

void Discovery::on_taken(const std::string& address, std::uint64_t proof) {
  for (Address& known : addresses_) {
    if (known.text != address) continue;
    known.is_taken = true;
    known.proof = proof;
  }
}

void Discovery::on_lost(const std::string& address) {
  for (Address& known : addresses_) {
    if (known.text == address && !(known.answer && is_self(*known.answer))) known.answer.reset();
  }
}

void Discovery::on_hello(const Hello& hello) {
  Peer& peer = peers_[hello.id];
  if (peer.epoch != hello.epoch) peer = Peer{};
  peer.epoch = hello.epoch;
  peer.is_connected = peer.must_be_told = true;
  // Another link of the same run may have brought newer news already.
  if (peer.cluster.is_none()) peer.cluster = hello.cluster;
  if (hello.birth.version >= peer.status.version) peer.status = hello.birth;
}

void Discovery::on_status(NodeId from, const BirthStatus& status) {
  const auto peer = peers_.find(from);
  if (peer != peers_.end() && status.version >= peer->second.status.version)
    peer->second.status = status;
}

void Discovery::on_founded(NodeId from, base::ClusterId cluster) {
  const auto peer = peers_.find(from);
  if (peer != peers_.end()) peer->second.cluster = cluster;
}

void Discovery::on_disconnected(NodeId peer) {
  const auto found = peers_.find(peer);
  if (found != peers_.end()) found->second.is_connected = false;
}

// -- what is known

BirthStatus Discovery::seen() const {
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

bool Discovery::does_agree(const Address& address, const BirthStatus& own) const {
  if (is_self(*address.answer)) return true;
  const Peer* peer = find(address.answer->id);
  return peer != nullptr && peer->is_connected && peer->cluster.is_none() &&
         address.answer->wants_vote && address.answer->cluster.is_none() &&
         peer->epoch == address.answer->epoch && peer->status.agrees_with(own);
}

bool Discovery::do_all_agree() const {
  const BirthStatus own = seen();
  return own.is_complete &&
         std::all_of(addresses_.begin(), addresses_.end(),
                     [&](const Address& address) { return does_agree(address, own); });
}

std::optional<std::string> Discovery::fault_of_list() const {
  if (addresses_.empty()) return {};
  std::vector<std::string> texts;
  for (const Address& address : addresses_) texts.push_back(address.text);
  const std::string list = "raft-peers " + joined(texts);
  std::map<std::pair<NodeId, std::uint64_t>, std::string> answered;
  bool has_self = false, are_all_answered = true;
  for (const Address& address : addresses_) {
    if (!address.answer) {
      are_all_answered = false;
      continue;
    }
    const auto [other, is_new] =
        answered.emplace(std::pair(address.answer->id, address.answer->epoch), address.text);
    if (!is_new) {
      const char* whom = is_self(*address.answer) ? "this node" : "one node";
      return list + ": " + other->second + " and " + address.text + " are both " + whom;
    }
    has_self = has_self || is_self(*address.answer);
  }
  if (are_all_answered && !has_self) return list + ": none of these addresses is this node";
  return {};
}

std::vector<raft::Member> Discovery::founders() const {
  std::vector<raft::Member> members;
  for (const Address& address : addresses_) {
    CHECK(address.answer);
    members.push_back({.id = address.answer->id, .address = address.text});
  }
  std::sort(members.begin(), members.end(),
            [](const raft::Member& a, const raft::Member& b) { return a.id < b.id; });
  return members;
}

bool Discovery::has_accepted(const raft::Member& member, base::ClusterId cluster) const {
  const Peer* peer = find(member.id);
  return member.id == self_ || (peer != nullptr && peer->cluster == cluster);
}

bool Discovery::have_all_accepted(const raft::Membership& membership) const {
  return std::all_of(
      membership.members.begin(), membership.members.end(),
      [&](const raft::Member& member) { return has_accepted(member, membership.cluster); });
}

bool Discovery::lacks_cluster(NodeId peer) const {
  const Peer* known = find(peer);
  return known != nullptr && known->is_connected && known->cluster.is_none();
}

// One that has lost its directory is a new node: led astray it would show its clients other data.
std::optional<std::string> Discovery::objection_to(const Invitation& invitation,
                                                   base::ClusterId awaited) const {
  const Address* elsewhere = nullptr;
  bool is_listed = false;
  const std::uint64_t proof = cluster_proof(invitation.cluster, self_);
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
  if (is_alone && !awaited.is_none() && awaited != invitation.cluster)
    return "node waits for cluster " + cluster_name(awaited) + ", which has met it";
  // A larger one may have lost all that were there when the list was written.
  if (addresses_.empty() || is_listed || !is_alone) return {};
  return "node waits for its raft-peers, and cluster " + cluster_name(invitation.cluster) +
         " of one node is none of them; without raft-peers it can join";
}

std::string Discovery::missing_at(const Address& address, const BirthStatus& own) const {
  if (address.is_taken) {
    return address.text +
           " belongs to a cluster already: this node stays outside until CLUSTER MEET, "
           "or until its leader takes it for a member that had this address";
  }
  if (!address.answer) return address.text + " does not answer";
  if (!address.answer->wants_vote) {
    return address.text +
           " was started with 'raft-voter no', and a cluster is founded by voters: "
           "leave it out of raft-peers, CLUSTER MEET adds it";
  }
  if (!own.is_complete || is_self(*address.answer)) return {};
  const Peer* peer = find(address.answer->id);
  const bool agrees = peer != nullptr && peer->status.agrees_with(own);
  return agrees ? std::string() : address.text + " does not see the same nodes";
}

std::string Discovery::missing_answers() const {
  std::vector<std::string> missing;
  const BirthStatus own = seen();
  for (const Address& address : addresses_) {
    std::string what = missing_at(address, own);
    if (!what.empty()) missing.push_back(std::move(what));
  }
  return joined(missing);
}

std::string Discovery::missing_acceptances(const raft::Membership& membership) const {
  std::vector<std::string> missing;
  for (const raft::Member& member : membership.members) {
    if (!has_accepted(member, membership.cluster))
      missing.push_back(member.address + " (" + short_name(member.id) + ") has not accepted");
  }
  return joined(missing);
}

// -- whom to tell of this node

void Discovery::owe_all() {
  for (auto& [id, peer] : peers_) peer.must_be_told = true;
}

std::vector<NodeId> Discovery::take_owed() {
  std::vector<NodeId> owed;
  for (auto& [id, peer] : peers_) {
    if (peer.is_connected && std::exchange(peer.must_be_told, false)) owed.push_back(id);
  }
  return owed;
}

}  // namespace node
