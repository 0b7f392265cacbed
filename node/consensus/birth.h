// Birth (DESIGN decision 12): how nodes that know only each other's addresses become one cluster,
// exactly once.
//
// An unborn node dials every address of raft-peers and finds itself among them by id and epoch.
// When all answer, none has a cluster and all see the same ids, the lowest id draws the cluster id
// and proposes the members; it accepts its own proposal durably first, so that after a crash it can
// only propose the same again. Every node accepts one proposal in its life, durably. Elections
// begin when all have: a node that holds a membership but knows of no election repeats the proposal
// to members that have none, whoever made it first.
//
// The machine around it owns the links. What they tell goes to discovery(); this class decides what
// follows from it, and says what to send, write and log.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "node/consensus/discovery.h"
#include "node/consensus/meeting_messages.h"
#include "node/peers/frame.h"
#include "node/peers/hello.h"

namespace node {

struct BirthOutput {
  struct Send {
    NodeId to;
    WireKind kind;
    std::string body;
  };
  std::vector<Send> sends;
  std::optional<raft::Membership> write;  // make it durable, then call on_written
  std::vector<LogLine> lines;
  std::optional<std::string> fatal;  // the list cannot be right
};

// A membership to accept, of which clients may see every name.
[[nodiscard]] std::optional<raft::Membership> decode_offer(std::string_view bytes);

class Birth {
 public:
  struct Options {
    NodeId self;
    std::uint64_t epoch = 0;
    std::uint64_t seed = 0;
    std::vector<std::string> raft_peers;  // empty: alone
    std::string own_address;              // for a cluster of one
    raft::Membership restored;      // what this node accepted in an earlier run; empty: nothing
    bool is_restored_born = false;  // and its log shows that elections have begun
    bool is_joining = false;        // founds nothing: it waits to be added to a cluster
    base::ClusterId joins = {};     // to this one
  };
  explicit Birth(Options options);

  // What is known of the others; the links' events go in here.
  [[nodiscard]] Discovery& discovery() { return discovery_; }
  // A membership to accept.
  void on_found(NodeId from, const raft::Membership& membership);
  // A peer speaks Raft in this node's cluster: it knows that all have accepted.
  void on_raft_heard();
  // Why this unborn node must not join the cluster that invites it; nullopt: it may.
  [[nodiscard]] std::optional<std::string> objection_to(const Invitation& invitation) const {
    return discovery_.objection_to(invitation, options_.joins);
  }
  // This node was invited: it founds nothing and accepts no founding, only a welcome.
  void stand_back() { options_.is_joining = true; }
  // Who has a cluster tells its membership to those whom it names as learners.
  void welcome(base::Instant now, const raft::Membership& committed, BirthOutput& out);
  // What BirthOutput::write asked for is durable.
  void on_written();

  // Draws the conclusions of everything told since the last call.
  [[nodiscard]] BirthOutput advance(base::Instant now);
  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }

  // Accepted durably by all: elections may begin.
  [[nodiscard]] bool is_born() const { return phase_ == Phase::kBorn; }
  [[nodiscard]] bool has_accepted() const { return phase_ >= Phase::kAccepted; }
  // Accepted, or about to be: what is being written cannot be taken back.
  [[nodiscard]] bool is_founding() const { return phase_ >= Phase::kWriting; }
  // What this node has accepted, once it has.
  [[nodiscard]] const raft::Membership& membership() const { return membership_; }
  // As told to peers.
  [[nodiscard]] const BirthStatus& status() const { return told_; }
  // In words, who is missing; empty when born.
  [[nodiscard]] std::string waiting_for() const;

 private:
  enum class Phase { kSearching, kWriting, kAccepted, kBorn };

  void found_if_all_agree(BirthOutput& out);
  void begin_writing(raft::Membership membership, BirthOutput& out);
  void accept_offer(BirthOutput& out);
  void tell_peers(BirthOutput& out);
  void repeat_proposal(base::Instant now, BirthOutput& out);
  void end_if_all_accepted(BirthOutput& out);
  void say_who_is_missing(base::Instant now, BirthOutput& out);
  [[nodiscard]] raft::Membership draw_membership();

  Options options_;
  base::Prng prng_;
  Phase phase_ = Phase::kSearching;
  Discovery discovery_;
  raft::Membership membership_;
  std::optional<raft::Membership> offered_;  // came by on_found, to be accepted
  NodeId offered_by_;
  bool has_heard_raft_ = false, is_welcomed_ = false;
  base::Instant welcome_again_{};
  BirthStatus told_;
  std::string said_;
  base::Instant say_again_{}, propose_again_{};
  base::Instant next_deadline_ = base::Instant::max();
};

}  // namespace node
