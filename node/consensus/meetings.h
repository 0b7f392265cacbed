// CLUSTER MEET (DESIGN decision 13, docs/decisions/membership.md): two nodes talk on a link of
// their own, a visit. One invites, the other accepts, under a new id if it was somebody before; the
// inviter has its leader add that id. Whoever got the command invites if it has a cluster; if it is
// alone and the other cannot be had, it asks to be invited.
//
// A node takes part in one meeting at a time. Thread: consensus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "node/consensus/belonging.h"
#include "node/consensus/birth.h"
#include "node/consensus/meeting_messages.h"
#include "node/consensus/order_book.h"
#include "node/peers/links.h"
#include "persistence/storage.h"

namespace node {

struct MeetingFacts {
  NodeId self;
  std::uint64_t epoch = 0;
  base::ClusterId cluster;
  Belonging place = Belonging::kUnborn;
  bool is_founding = false;  // kUnborn, and too late to stand back from a founding
  bool is_willing = false;   // started with cluster-enabled yes, or with raft-peers
  std::uint16_t raft_port = 0;
  const raft::Membership* membership = nullptr;  // in force, or nullptr
  const Birth* birth = nullptr;                  // of a kUnborn
};

struct MeetingOutput {
  struct Answer {
    std::uint64_t request = 0;
    std::string error;  // empty: done
  };
  std::vector<Answer> answers;          // of CLUSTER MEET
  std::optional<std::string> dissolve;  // propose it; on_dissolved answers
  // To be durable before anything that is sent in this turn. `restarts`: this node begins its next
  // life when its clients have their answers.
  std::optional<persistence::Identity> identity;
  bool restarts = false;
  bool stands_back = false;  // an unborn node takes part in no founding any more
  std::vector<LogLine> lines;
};

class Meetings {
 public:
  Meetings(std::uint64_t seed, PeerLinks& links, OrderBook& orders)
      : prng_(seed), links_(links), orders_(orders) {}

  // Before anything else in a turn.
  void look(base::Instant now, const MeetingFacts& facts) { now_ = now, facts_ = facts; }
  void meet(std::uint64_t request, const std::string& address);
  void on(const VisitBegun& event);
  void on(const VisitSaid& event);
  void on(const VisitEnded& event);
  // The dissolve entry was applied; `is_empty`: it took effect. At a start, without a meeting, too.
  void on_dissolved(bool is_empty, std::string_view payload);
  // False: not a meeting's order.
  bool on_order_done(const OrderBook::Output::Done& done);

  [[nodiscard]] MeetingOutput finish_turn();
  [[nodiscard]] base::Instant next_deadline() const;

 private:
  enum class Phase : std::uint8_t {
    kDialling,
    kInviting,    // has invited, waits for the answer
    kAsking,      // has asked to be invited
    kDissolving,  // was invited, ends its own cluster
    kAccepted,    // waits to hear that it was added
    kCorrecting,  // has its own address corrected
    kAdding,      // has the newcomer added
  };
  struct Meeting {
    Phase phase = Phase::kDialling;
    LinkId link;
    std::uint64_t request = 0;  // of this node's client; 0: a visitor's
    std::string address;        // of the other
    std::string host;           // where it is seen
    base::Instant deadline{};
    std::string refusal;  // why the other cannot be had
    NodeId newcomer;
    std::uint64_t order = 0;
    std::optional<persistence::Identity> next_life;
  };

  void begin_adding();
  void correct_own_address(const std::string& seen_host);
  void invite();
  void ask_for_invitation();
  void say(WireKind kind, std::string body) { links_.say(meeting_->link, kind, std::move(body)); }
  void on_invitation(const VisitSaid& event);
  void on_answer(const VisitSaid& event);
  void on_asked(const VisitSaid& event);
  void on_met(const VisitSaid& event);
  void refuse_invitation(LinkId link, InvitationAnswer why, std::string text);
  void accept(NodeId as, const Invitation& invitation);
  void answer(std::string error);
  void fail(const std::string& error);
  void end();
  void begin_next_life();
  // Also a node that was not started for it takes part once its own client has said CLUSTER MEET.
  [[nodiscard]] bool is_willing() const { return facts_.is_willing || now_ < consent_until_; }
  [[nodiscard]] std::optional<std::string> objection_to_meet(const std::string& address) const;
  [[nodiscard]] persistence::Identity next_life(NodeId as, const Invitation& invitation) const;

  base::Prng prng_;
  PeerLinks& links_;
  OrderBook& orders_;
  base::Instant now_{};
  base::Instant consent_until_{};
  MeetingFacts facts_;
  std::optional<Meeting> meeting_;
  MeetingOutput out_;
};

}  // namespace node
