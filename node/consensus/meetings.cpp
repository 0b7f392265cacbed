#include "node/consensus/meetings.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"

namespace node {
namespace {

constexpr base::Duration kMeetingPatience = base::milliseconds(5000);
constexpr base::Duration kAddingPatience = base::milliseconds(5000);
constexpr const char* kBusy = "another CLUSTER MEET is under way there, try again";
// For so long a node's own CLUSTER MEET is consent to what another node asks of it.
constexpr base::Duration kConsent = base::milliseconds(60'000);
constexpr const char* kUnwilling =
    "was not started with 'cluster-enabled yes': say CLUSTER MEET there too";

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "localhost" || host == "[::1]" || host == "::1";
}

std::string holds_data(base::ClusterId cluster) {
  return "node holds data of cluster " + cluster_name(cluster);
}

}  // namespace

base::Instant Meetings::next_deadline() const {
  return meeting_ ? meeting_->deadline : base::Instant::max();
}

MeetingOutput Meetings::finish_turn() {
  if (meeting_ && now_ >= meeting_->deadline) {
    if (meeting_->phase == Phase::kAccepted)
      fail("the cluster has not said in time that this node was added; it joins when it is");
    else if (meeting_->phase != Phase::kDissolving)
      fail(meeting_->address + " did not answer in time");
    else
      meeting_->deadline = now_ + kMeetingPatience;  // its own log decides
  }
  return std::exchange(out_, {});
}

// -- of this node's client

std::optional<std::string> Meetings::objection_to_meet(const std::string& address) const {
  if (meeting_) return "another CLUSTER MEET is under way at this node, try again";
  if (facts_.place != Belonging::kMember) return {};
  for (const raft::Member& member : facts_.membership->members) {
    if (member.address != address || links_.info(member.id).is_connected) continue;
    if (member.id == facts_.self) continue;
    return address + " is the address of member " + short_name(member.id) +
           ", which is not connected: CLUSTER FORGET it first";
  }
  return {};
}

void Meetings::meet(std::uint64_t request, const std::string& address) {
  consent_until_ = now_ + kConsent;
  if (const auto objection = objection_to_meet(address)) {
    out_.answers.push_back({request, "ERR " + *objection});
    return;
  }
  meeting_ = Meeting{};
  meeting_->request = request;
  meeting_->address = address;
  meeting_->deadline = now_ + kMeetingPatience;
  meeting_->link = links_.visit(address);
}

void Meetings::on(const VisitBegun& event) {
  if (!meeting_ || meeting_->link != event.link || meeting_->phase != Phase::kDialling) return;
  const Hello& hello = event.hello;
  meeting_->host = event.host;
  const bool is_member = facts_.membership != nullptr && !facts_.cluster.is_none() &&
                         facts_.membership->find(hello.id) != nullptr;
  if (hello.id == facts_.self && hello.epoch == facts_.epoch)
    return fail(meeting_->address + " is this node itself");
  if (is_member && hello.cluster == facts_.cluster) {
    answer({});
    return end();
  }
  const bool has_cluster = facts_.place == Belonging::kLone || facts_.place == Belonging::kMember;
  if (has_cluster) return invite();
  ask_for_invitation();
}

// -- the inviter

void Meetings::invite() {
  Invitation invitation{.cluster = facts_.cluster, .addresses = {}};
  for (const raft::Member& member : facts_.membership->members)
    invitation.addresses.push_back(member.address);
  meeting_->phase = Phase::kInviting;
  FAILPOINT("meet.inviting");
  say(WireKind::kInvite, encode_invitation(invitation));
}

void Meetings::on_asked(const VisitSaid& event) {
  const auto refuse = [&](const std::string& why) {
    links_.say(event.link, WireKind::kMet, "ERR " + why);
  };
  const bool has_cluster = facts_.place == Belonging::kLone || facts_.place == Belonging::kMember;
  if (!has_cluster) return refuse("the node that was asked belongs to no cluster");
  if (facts_.place == Belonging::kLone && !is_willing())
    return refuse(std::string("the node that was asked ") + kUnwilling);
  if (meeting_) return refuse(kBusy);
  const Announcement& announced = event.hello.announcement;
  meeting_ = Meeting{};
  meeting_->link = event.link;
  meeting_->host = event.host;
  meeting_->address = (announced.host.empty() ? event.host : announced.host) + ":" +
                      std::to_string(announced.raft_port);
  meeting_->deadline = now_ + kMeetingPatience;
  invite();
}

void Meetings::on_answer(const VisitSaid& event) {
  const auto answered = decode_invitation_answer(event.message.body);
  if (!answered) return fail(meeting_->address + " sent a malformed answer");
  switch (answered->answer) {
    case InvitationAnswer::kAccepted:
      meeting_->newcomer = answered->id;
      return correct_own_address(answered->seen_host);
    case InvitationAnswer::kAlreadyIn: answer({}); return end();
    case InvitationAnswer::kUnwilling: return fail(meeting_->address + " " + kUnwilling);
    case InvitationAnswer::kBusy: return fail(kBusy);
    case InvitationAnswer::kWaits: return fail(answered->text);
    case InvitationAnswer::kHoldsData:
    case InvitationAnswer::kInCluster: break;
  }
  // The other way round: this node goes there, if it has nothing to lose.
  meeting_->refusal = answered->text;
  const bool may_go = facts_.place == Belonging::kLone && meeting_->request != 0;
  return may_go ? ask_for_invitation() : fail(answered->text);
}

// A cluster of one does not know where others see it.
void Meetings::correct_own_address(const std::string& seen_host) {
  const raft::Member* self = facts_.membership->find(facts_.self);
  const bool is_wrong = self != nullptr && is_loopback(host_of(self->address)) &&
                        !seen_host.empty() && !is_loopback(seen_host);
  if (!is_wrong) return begin_adding();
  meeting_->phase = Phase::kCorrecting;
  meeting_->deadline = base::Instant::max();  // the order has its own
  meeting_->order = orders_.give(
      raft::SetAddress{facts_.self, seen_host + ":" + std::to_string(facts_.raft_port)},
      now_ + kAddingPatience);
}

void Meetings::begin_adding() {
  meeting_->phase = Phase::kAdding;
  FAILPOINT("meet.ordered");
  meeting_->deadline = base::Instant::max();
  meeting_->order =
      orders_.give(raft::AddLearner{meeting_->newcomer, meeting_->address}, now_ + kAddingPatience);
}

bool Meetings::on_order_done(const OrderBook::Output::Done& done) {
  if (!meeting_ || meeting_->order != done.number) return false;
  if (meeting_->phase == Phase::kCorrecting) {
    begin_adding();
    return true;
  }
  say(WireKind::kMet, done.error);
  out_.lines.push_back(
      {done.error.empty() ? LogLevel::kNotice : LogLevel::kWarning,
       done.error.empty()
           ? short_name(meeting_->newcomer) + " at " + meeting_->address + " has been met and added"
           : meeting_->address + " was met but not added: " + done.error});
  answer(done.error);
  meeting_.reset();  // the newcomer ends the visit
  return true;
}

// -- the newcomer

void Meetings::ask_for_invitation() {
  meeting_->phase = Phase::kAsking;
  say(WireKind::kAskInvite, {});
}

void Meetings::refuse_invitation(LinkId link, InvitationAnswer why, std::string text) {
  links_.say(link, WireKind::kInviteAnswer,
             encode_invitation_answer(
                 {.answer = why, .id = {}, .seen_host = {}, .text = std::move(text)}));
}

void Meetings::on_invitation(const VisitSaid& event) {
  const auto invitation = decode_invitation(event.message.body);
  if (!invitation) return links_.end_visit(event.link, "it sent a malformed invitation");
  const bool is_own = meeting_ && meeting_->link == event.link;
  if ((meeting_ && !is_own) || facts_.is_founding)
    return refuse_invitation(event.link, InvitationAnswer::kBusy, {});
  if (is_own && meeting_->phase != Phase::kAsking) return;
  if (invitation->cluster == facts_.cluster && facts_.place != Belonging::kRemoved)
    return refuse_invitation(event.link, InvitationAnswer::kAlreadyIn, {});
  if (facts_.place == Belonging::kMember) {
    return refuse_invitation(event.link, InvitationAnswer::kInCluster,
                             "node belongs to cluster " + cluster_name(facts_.cluster) + " of " +
                                 std::to_string(facts_.membership->members.size()) + " nodes");
  }
  if (!is_willing()) return refuse_invitation(event.link, InvitationAnswer::kUnwilling, {});
  if (facts_.place == Belonging::kUnborn) {
    if (auto objection = facts_.birth->objection_to(*invitation))
      return refuse_invitation(event.link, InvitationAnswer::kWaits, std::move(*objection));
  }
  if (!is_own) {
    meeting_ = Meeting{};
    meeting_->link = event.link;
    meeting_->address = event.host + ":" + std::to_string(event.hello.announcement.raft_port);
  }
  meeting_->host = event.host;
  meeting_->deadline = now_ + kMeetingPatience;
  Invitation known = *invitation;
  known.addresses.insert(known.addresses.begin(), meeting_->address);
  if (facts_.place == Belonging::kUnborn) {
    out_.stands_back = true;
    return accept(facts_.self, known);
  }
  const NodeId next(prng_.next());
  meeting_->next_life = next_life(next, known);
  if (facts_.place == Belonging::kLone) {
    meeting_->phase = Phase::kDissolving;
    out_.dissolve = encode_dissolution({.id = next, .invitation = std::move(known)});
    return;
  }
  out_.identity = meeting_->next_life;
  accept(next, known);
}

persistence::Identity Meetings::next_life(NodeId as, const Invitation& invitation) const {
  return {.node = as,
          .cluster = invitation.cluster,
          .standing = persistence::Standing::kReborn,
          .join = invitation.addresses};
}

void Meetings::accept(NodeId as, const Invitation& invitation) {
  meeting_->phase = Phase::kAccepted;
  FAILPOINT("meet.accepted");
  meeting_->deadline = now_ + kMeetingPatience + kAddingPatience;
  say(WireKind::kInviteAnswer, encode_invitation_answer({.answer = InvitationAnswer::kAccepted,
                                                         .id = as,
                                                         .seen_host = meeting_->host,
                                                         .text = {}}));
  out_.lines.push_back(
      {LogLevel::kNotice, "invited to cluster " + cluster_name(invitation.cluster) + " by " +
                              meeting_->address + ", joining as " + short_name(as)});
}

void Meetings::on_dissolved(bool is_empty, std::string_view payload) {
  const auto dissolution = decode_dissolution(payload);
  CHECK(dissolution.has_value());  // this node's own, from its log
  const bool is_awaited = meeting_ && meeting_->phase == Phase::kDissolving &&
                          meeting_->next_life->node == dissolution->id;
  if (!is_empty && !is_awaited) return;
  if (!is_empty) {
    refuse_invitation(meeting_->link, InvitationAnswer::kHoldsData, holds_data(facts_.cluster));
    meeting_->next_life.reset();
    meeting_->phase = Phase::kAsking;              // the inviter says what comes of it
    if (meeting_->request == 0) meeting_.reset();  // the visitor may want to be invited now
    return;
  }
  if (is_awaited && !meeting_->link.is_none())
    return accept(dissolution->id, dissolution->invitation);
  if (is_awaited) answer("ERR the link was lost before the cluster had added this node");
  if (is_awaited) end();
  // Of an earlier run, or the other end has gone meanwhile.
  out_.identity = next_life(dissolution->id, dissolution->invitation);
  out_.restarts = true;
}

void Meetings::on_met(const VisitSaid& event) {
  if (!meeting_ || meeting_->link != event.link) return;
  const std::string& error = event.message.body;
  if (meeting_->phase == Phase::kAsking) {
    const bool is_both = !meeting_->refusal.empty();
    answer(is_both ? error + " (and that one: " + meeting_->refusal + ")" : error);
    return end();
  }
  if (meeting_->phase != Phase::kAccepted) return;
  answer(error);
  begin_next_life();
}

void Meetings::begin_next_life() {
  if (meeting_->next_life) {
    out_.identity = meeting_->next_life;
    out_.restarts = true;
  }
  end();
}

// -- both

void Meetings::on(const VisitSaid& event) {
  const bool is_own = meeting_ && meeting_->link == event.link;
  switch (event.message.kind) {
    case WireKind::kInvite: return on_invitation(event);
    case WireKind::kAskInvite: return on_asked(event);
    case WireKind::kMet: return on_met(event);
    case WireKind::kInviteAnswer:
      if (is_own && meeting_->phase == Phase::kInviting) on_answer(event);
      return;
    default: return links_.end_visit(event.link, "a visitor does not say that");
  }
}

void Meetings::on(const VisitEnded& event) {
  if (!meeting_ || meeting_->link != event.link) return;
  meeting_->link = LinkId();
  switch (meeting_->phase) {
    case Phase::kDissolving: return;  // its own log decides
    case Phase::kCorrecting:
    case Phase::kAdding: return;  // goes on without it
    case Phase::kAccepted:
      return fail("the link was lost before the cluster had added this node; it joins when it is");
    default: return fail("cannot talk to " + meeting_->address + ": " + event.reason);
  }
}

void Meetings::answer(std::string error) {
  if (meeting_->request == 0) return;
  out_.answers.push_back({std::exchange(meeting_->request, 0), std::move(error)});
}

// To the client here, or to the visitor for its client.
void Meetings::fail(const std::string& error) {
  const bool is_inviter_for_visitor =
      meeting_->request == 0 && meeting_->phase == Phase::kInviting && !meeting_->link.is_none();
  if (is_inviter_for_visitor) say(WireKind::kMet, "ERR " + error);
  answer("ERR " + error);
  if (meeting_->phase == Phase::kAccepted) return begin_next_life();
  end();
}

void Meetings::end() {
  if (!meeting_->link.is_none()) links_.end_visit(meeting_->link, {});
  meeting_.reset();
}

}  // namespace node
