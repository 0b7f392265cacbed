// Who is a member and who leads, as asked by clients here and by other members
// (docs/decisions/membership.md): requests, orders, removal, addresses.
#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "node/consensus/machine.h"
#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr base::Duration kRequestPatience = base::milliseconds(5000);
constexpr base::Duration kStandAfter = base::milliseconds(1000);  // FAILOVER FORCE
constexpr base::Duration kStandAgain = base::milliseconds(300);
constexpr base::Duration kAddressesEvery = base::milliseconds(500);
constexpr const char* kNoCluster = "ERR this node belongs to no cluster";

}  // namespace

std::string why_removed(base::ClusterId cluster) {
  return "CLUSTERDOWN this node was removed from cluster " + cluster_name(cluster) +
         "; CLUSTER MEET adds it again, empty";
}

Group* Consensus::Machine::only_group() {
  return groups_.empty() ? nullptr : &groups_.begin()->second;
}

Belonging Consensus::Machine::place() const {
  if (is_removed_) return Belonging::kRemoved;
  if (groups_.empty()) return Belonging::kUnborn;
  const raft::Membership& members = groups_.begin()->second.raft().membership();
  const bool is_alone = members.members.size() == 1 && members.members.front().id == options_.self;
  return is_alone ? Belonging::kLone : Belonging::kMember;
}

MeetingFacts Consensus::Machine::meeting_facts() const {
  MeetingFacts facts{.self = options_.self,
                     .epoch = options_.epoch,
                     .cluster = is_removed_ ? former_cluster_ : base::ClusterId(),
                     .place = place(),
                     .is_founding = groups_.empty() && !is_removed_ && birth_.is_founding(),
                     .is_willing = options_.is_cluster_enabled || !options_.raft_peers.empty() ||
                                   !options_.wants_vote,
                     .raft_port = options_.announcement.raft_port,
                     .birth = &birth_};
  if (groups_.empty() || !followed_) return facts;
  facts.membership = &*followed_;
  facts.cluster = followed_->cluster;
  return facts;
}

void Consensus::Machine::look_around() { meetings_.look(now_, meeting_facts()); }

// ---- what clients here ask ----

bool Consensus::Machine::take_for_node(ToConsensus& message) {
  if (const auto* request = std::get_if<ClusterRequest>(&message)) {
    take(*request);
  } else if (const auto* dissolved = std::get_if<Dissolved>(&message)) {
    meetings_.on_dissolved(dissolved->is_empty, dissolved->payload);
  } else if (const auto* watch = std::get_if<WatchProgress>(&message)) {
    watch_progress(*watch);
  } else if (const auto* announce = std::get_if<Announce>(&message)) {
    options_.announcement = announce->announcement;
    links_.set_announcement(announce->announcement);
    is_view_urgent_ = true;
  } else if (const auto* here = std::get_if<HereIAm>(&message)) {
    service_watch_.on_answer(now_, here->number);
  } else {
    return false;
  }
  return true;
}

void Consensus::Machine::answer(std::uint64_t request, std::string error) {
  for_service_.emplace_back(ClusterRequestDone{base::kFirstGroup, request, std::move(error)});
}

void Consensus::Machine::take(const ClusterRequest& request) {
  if (const auto* meet = std::get_if<MeetNode>(&request.what))
    return meetings_.meet(request.id, meet->address);
  if (std::holds_alternative<BeginAnew>(request.what)) return begin_anew(request.id);
  if (groups_.empty()) return answer(request.id, kNoCluster);
  if (const auto* forget = std::get_if<ForgetNode>(&request.what)) {
    const std::uint64_t order =
        orders_.give(raft::RemoveMember{forget->id}, now_ + kRequestPatience);
    requests_of_orders_[order] = request.id;
    return;
  }
  begin_take_over(request.id, std::get<TakeOver>(request.what).is_forced);
}

void Consensus::Machine::begin_anew(std::uint64_t request) {
  if (is_removed_) {
    identity_to_write_ = persistence::Identity{.node = NodeId(prng_.next()),
                                               .standing = persistence::Standing::kReborn};
    must_restart_ = true;
    return answer(request, {});
  }
  answer(request, place() == Belonging::kMember
                      ? "ERR this node is a member of cluster " +
                            cluster_name(groups_.begin()->second.raft().membership().cluster) +
                            ": CLUSTER FORGET " + node_name(options_.self) + " removes it"
                      : "ERR this node is alone already: FLUSHALL empties it");
}

// ---- CLUSTER FAILOVER ----

void Consensus::Machine::begin_take_over(std::uint64_t request, bool is_forced) {
  const raft::Raft& raft = only_group()->raft();
  if (raft.role() == raft::Role::kLeader)
    return answer(request, "ERR You should send CLUSTER FAILOVER to a replica");
  if (!options_.wants_vote)
    return answer(request, "ERR this node never leads: it was started with 'raft-voter no'");
  const raft::Member* self = raft.membership().find(options_.self);
  if (self == nullptr || !self->is_voter)
    return answer(request, "ERR this node is no voter yet, it still catches up");
  if (raft.leader().is_none() && !is_forced)
    return answer(request, "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE");
  if (taking_) return answer(request, "ERR another CLUSTER FAILOVER is under way at this node");
  taking_ = Taking{.request = request,
                   .order = orders_.give(HandOver{options_.self}, now_ + kRequestPatience),
                   .is_forced = is_forced,
                   .deadline = now_ + kRequestPatience,
                   .stands = raft.leader().is_none() ? now_ : now_ + kStandAfter,
                   .refusal = {}};
}

// Done when this node leads, whoever saw to it.
void Consensus::Machine::advance_take_over() {
  Group* group = only_group();
  if (!taking_) return;
  const bool leads = group != nullptr && group->raft().role() == raft::Role::kLeader;
  const bool is_refused = !taking_->refusal.empty() && !taking_->is_forced;
  if (leads || is_refused || group == nullptr || now_ >= taking_->deadline) {
    std::string error;
    if (!leads)
      error = is_refused ? "ERR the leader does not hand over: " + taking_->refusal
                         : "ERR this node has not become the leader in time";
    answer(taking_->request, std::move(error));
    taking_.reset();
    return;
  }
  if (!taking_->is_forced || now_ < taking_->stands) return;
  taking_->stands = now_ + kStandAgain;
  group->step(now_, raft::Campaign{});
}

// ---- orders ----

void Consensus::Machine::carry_out_orders() {
  Group* group = only_group();
  OrderBook::Facts facts{.self = options_.self, .leader = {}, .term = {}, .is_leader = false};
  if (group != nullptr) {
    facts.leader = group->raft().leader();
    facts.term = group->raft().term();
    facts.is_leader = group->raft().role() == raft::Role::kLeader;
    correct_addresses();
  }
  OrderBook::Output told = orders_.advance(now_, facts);
  for (OrderBook::Output::Send& send : told.sends)
    links_.send(send.to, send.kind, std::move(send.body));
  for (raft::ChangeMembership& change : told.changes) {
    FAILPOINT("membership.ordered");
    group->step(now_, std::move(change));
  }
  for (const OrderBook::Output::HandOverAsked& asked : told.hand_overs) {
    orders_.on_handed_over(asked.id, group->begin_transfer(now_, asked.to));
    is_touched_ = true;
  }
  for (const OrderBook::Output::Done& done : told.done) take_order_outcome(done);
  advance_take_over();
}

void Consensus::Machine::take_order_outcome(const OrderBook::Output::Done& done) {
  is_touched_ = true;
  if (meetings_.on_order_done(done)) return;
  if (taking_ && taking_->order == done.number) {
    taking_->refusal = done.error;
    return;
  }
  std::erase_if(address_orders_, [&](const auto& order) { return order.second == done.number; });
  const auto request = requests_of_orders_.find(done.number);
  if (request == requests_of_orders_.end()) return;
  answer(request->second, done.error);
  requests_of_orders_.erase(request);
}

// A member that is found elsewhere than its entry says, or that has lost its directory: at its
// address there is a new node, which comes in its place (DESIGN decision 14).
void Consensus::Machine::correct_addresses() {
  const raft::Raft& raft = only_group()->raft();
  if (raft.role() != raft::Role::kLeader || now_ < addresses_due_) return;
  addresses_due_ = now_ + kAddressesEvery;
  for (const raft::Member& member : raft.membership().members) {
    if (member.id == options_.self || address_orders_.contains(member.id)) continue;
    if (const auto stranger = links_.stranger_at_address_of(member)) {
      replace(member, *stranger);
      continue;
    }
    std::optional<std::string> moved = links_.moved_to(member.id);
    if (!moved || *moved == member.address) continue;
    for_lines_.push_back({LogLevel::kNotice, short_name(member.id) + " has moved from " +
                                                 member.address + " to " + *moved});
    address_orders_[member.id] =
        orders_.give(raft::SetAddress{member.id, std::move(*moved)}, now_ + kRequestPatience);
  }
}

void Consensus::Machine::replace(const raft::Member& lost, NodeId stranger) {
  for_lines_.push_back({LogLevel::kWarning, short_name(lost.id) + " is gone and " +
                                                short_name(stranger) +
                                                ", a new node, answers at its address " +
                                                lost.address + ": taken in its place"});
  address_orders_[lost.id] =
      orders_.give(raft::ReplaceMember{lost.id, stranger}, now_ + kRequestPatience);
}

// ---- who belongs to the cluster ----

void Consensus::Machine::on(const RemovalTold& event) {
  if (groups_.empty() || !own_version_ || event.version <= *own_version_) return;
  for_lines_.push_back({LogLevel::kWarning, short_name(event.from) + " says that this node was "
                                                                     "removed from the cluster"});
  removed_since_ = event.version;
}

void Consensus::Machine::follow_committed() {
  const raft::Raft& raft = only_group()->raft();
  orders_.follow(raft.membership());
  const raft::Membership& committed = raft.committed_membership();
  const bool is_member = committed.find(options_.self) != nullptr;
  const bool has_more = !own_version_ || committed.version > *own_version_;
  if (is_member && has_more) own_version_ = committed.version;
  if (!is_member && own_version_ && has_more) removed_since_ = committed.version;
  // A node that has started again knows less to be committed than was: whoever lags must take it
  // for the member that its log says it is, or all that are left may wait for each other.
  const raft::Membership& latest = raft.membership();
  const bool stands_later =
      latest.find(options_.self) != nullptr && (!own_version_ || latest.version > *own_version_);
  const std::optional<LogIndex> told = stands_later ? latest.version : own_version_;
  const bool is_news =
      !has_looked_ || followed_version_ != committed.version || told != told_version_;
  has_looked_ = true;
  followed_version_ = committed.version;
  told_version_ = told;
  if (is_news) links_.set_committed(committed, told);
  if (is_news) {
    links_.promises().keep([&](NodeId id) {
      return committed.find(id) != nullptr || raft.membership().find(id) != nullptr;
    });
  }
  if (removed_since_) leave_cluster();
}

// Whatever this node still had to say as a member has been said.
void Consensus::Machine::leave_cluster() {
  FAILPOINT("removal.learned");
  former_cluster_ = only_group()->raft().membership().cluster;
  is_removed_ = is_view_urgent_ = true;
  const std::string why = why_removed(former_cluster_);
  for_lines_.push_back({LogLevel::kWarning, "this node was removed from cluster " +
                                                cluster_name(former_cluster_) +
                                                ": it serves nothing until CLUSTER MEET"});
  identity_to_write_ = persistence::Identity{.node = options_.self,
                                             .cluster = former_cluster_,
                                             .standing = persistence::Standing::kRemoved};
  for_service_.emplace_back(LeftCluster{base::kFirstGroup, why});
  orders_.leave(options_.self, kNoCluster);
  groups_.clear();
  links_.leave();
  is_touched_ = true;
}

// After the groups have had their turn.
void Consensus::Machine::finish_membership(ConsensusOutput& out) {
  if (!groups_.empty()) follow_committed();
  look_around();
  MeetingOutput told = meetings_.finish_turn();
  for (MeetingOutput::Answer& each : told.answers) answer(each.request, std::move(each.error));
  if (told.stands_back) birth_.stand_back();
  if (told.dissolve && !(only_group() && only_group()->dissolve(now_, *told.dissolve)))
    meetings_.on_dissolved(false, *told.dissolve);
  if (told.identity) identity_to_write_ = std::move(told.identity);
  must_restart_ = must_restart_ || told.restarts;
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
  for (LogLine& line : std::exchange(for_lines_, {})) out.lines.push_back(std::move(line));
  for (FromConsensus& message : std::exchange(for_service_, {}))
    out.to_service.push_back(std::move(message));
  out.identity = std::exchange(identity_to_write_, {});
  out.old_copy = std::exchange(old_copy_, {});
  out.restarts = std::exchange(must_restart_, false);
  base::Instant next = std::min(orders_.next_deadline(), meetings_.next_deadline());
  if (taking_) next = std::min({next, taking_->deadline, now_ + kStandAgain});
  if (std::exchange(is_touched_, false) || told.dissolve) next = now_;
  out.next_deadline = std::min(out.next_deadline, next);
}

}  // namespace node
