// Batches of this node's clients while another node leads: sent to that leader, sent again when
// they may have been lost, and known again by their seed when the log brings them
// (docs/decisions/forwarded-batches.md).
//
// Invariants. They take effect in the order in which they were closed, each at most once: a batch
// that was sent in one term is sent in a later one only when an entry of a later term was applied
// and it was not met before, for then no log of this group will ever hold it; and none is sent
// while one before it is in that limbo. Each batch is settled once: by its entry, or at its
// deadline.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "node/replica/ground.h"
#include "node/replica/listener.h"
#include "node/replica/open_batch.h"
#include "node/replica/terms.h"

namespace node {

class Forwarder {
 public:
  Forwarder(Ground& ground, const Terms& terms, ElementListener& elements)
      : ground_(ground), terms_(terms), elements_(elements) {}

  // ---- what is to be proposed elsewhere ----
  [[nodiscard]] bool is_idle() const { return batches_.empty(); }
  // As for a leader's own batches: one at a time, unless the next is worth a message of its own.
  [[nodiscard]] bool has_room_for(const OpenBatch& open) const;
  void add(SealedBatch batch, std::uint64_t seed, std::string payload);
  // What this node proposed as a leader that it was not any more, or that hands over.
  void add_refused(SealedBatch batch, std::string payload);

  // ---- what becomes of it ----
  // The entry is about to be applied: the batch that it is, if it is one.
  [[nodiscard]] std::optional<SealedBatch> settle(const raft::Entry& entry);
  void on(const ForwardAnswered& message);
  // A link to that member has come up: what was on its way may be lost.
  void on_linked(NodeId peer);
  // Who leads has changed: what is here has a bounded time from now on, until it is taken again.
  void on_leadership();
  // A state was installed that may hold what was sent.
  void on_state_replaced();

  // ---- each turn ----
  // Sends what is due, and tells those whose time is up. `may_send`: nothing that this node
  // proposed as a leader may be refused yet, and then stand before all of this.
  void advance(bool may_send);
  // This node has become the leader and serves: what nobody will propose any more, in order.
  struct Left {
    SealedBatch batch;
    std::string payload;
  };
  [[nodiscard]] std::vector<Left> take_left();
  // Batches that were given up unproposed since the last call.
  [[nodiscard]] std::vector<std::uint64_t> take_given_up() { return std::exchange(given_up_, {}); }

 private:
  struct Forwarded {
    SealedBatch batch;
    std::uint64_t seed = 0;
    std::string payload;
    Term sent_in = {};  // the last term in which it was sent; none: no log can hold it
    base::Instant sent{};
    bool is_due = true;     // to be sent to the present leader
    bool is_taken = false;  // by the present leader
    bool is_over = false;   // who waited has been told: it is not sent again
  };
  [[nodiscard]] bool is_in_limbo(const Forwarded& one) const {
    return !one.sent_in.is_none() && one.sent_in != terms_.leadership().term;
  }
  void bound(Forwarded& one);
  void give_up_late();
  void send(Forwarded& one, std::uint64_t previous);
  void tell(Forwarded& one, WriteFate fate);

  Ground& ground_;
  const Terms& terms_;
  ElementListener& elements_;
  std::deque<Forwarded> batches_;
  std::vector<std::uint64_t> given_up_;
  base::Instant again_{};  // after a refusal
};

}  // namespace node
