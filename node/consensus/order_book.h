// Orders to the leader under way at this node: its own, which go to whoever leads and are repeated
// until they have an answer or their time is up, and those that came from other members while this
// node leads. An order can be carried out twice: each of them changes nothing the second time.
// A pure value machine; thread: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "node/consensus/cluster_orders.h"
#include "node/peers/frame.h"

namespace node {

// So long a client waits for what it has ordered.
inline constexpr base::Duration kOrderPatience = base::milliseconds(5000);

class OrderBook {
 public:
  struct Facts {
    base::NodeId self, leader;
    base::Term term;
    bool is_leader = false;
  };
  struct Output {
    struct Send {
      base::NodeId to;
      WireKind kind = WireKind::kAlive;
      std::string body;
    };
    struct HandOverAsked {
      std::uint64_t id = 0;  // for on_handed_over
      base::NodeId to;
    };
    struct Done {
      std::uint64_t number = 0;
      std::string error;  // empty: carried out
    };
    std::vector<Send> sends;
    std::vector<raft::ChangeMembership> changes;  // for this node's core, answered by on_changed
    std::vector<HandOverAsked> hand_overs;        // for this node's group
    std::vector<Done> done;                       // own orders
  };

  // Returns its number: Output::Done names it once.
  std::uint64_t give(ClusterOrder order, base::Instant deadline);
  void on_forwarded(base::NodeId from, OrderForwarded forwarded);
  void on_answered(const OrderAnswered& answer);
  // No link to this member is left: what it was asked is asked again.
  void on_lost(base::NodeId member);
  void on_changed(const raft::Changed& changed);
  // `error` empty: it has begun.
  void on_handed_over(std::uint64_t id, const std::string& error);
  // This node is a member no more: its own orders are over, and that to remove it is carried out.
  void leave(base::NodeId self, const std::string& why_not);
  // A member that is gone may be removed again: that is so already.
  void follow(const raft::Membership& membership);

  [[nodiscard]] Output advance(base::Instant now, const Facts& facts);
  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }

 private:
  struct Own {
    ClusterOrder order;
    base::Instant deadline{}, again{};
    bool is_under_way = false;
    base::NodeId sent_to;
    base::Term sent_in;
  };
  struct Executing {
    base::NodeId from;  // none: an own one
    std::uint64_t number = 0;
    ClusterOrder order;
    bool is_begun = false;
  };
  void execute(base::NodeId from, std::uint64_t number, ClusterOrder order);
  void finish(std::uint64_t id, OrderFate fate, std::string error);
  void settle(std::uint64_t number, OrderFate fate, const std::string& error);
  void send_own(std::uint64_t number, Own& own, const Facts& facts);
  [[nodiscard]] bool is_done_already(const Executing& executing, raft::ChangeRefusal why) const;

  std::map<std::uint64_t, Own> own_;
  std::map<std::uint64_t, Executing> executing_;
  std::set<base::NodeId> members_, gone_;
  std::uint64_t last_number_ = 0, last_id_ = 0;
  base::Instant now_{}, next_deadline_ = base::Instant::max();
  Output out_;
};

// What a client is told of a refusal; empty: try again.
[[nodiscard]] std::string refusal_text(const ClusterOrder& order, raft::ChangeRefusal refusal);

}  // namespace node
