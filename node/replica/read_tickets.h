// Evidence for reads (DESIGN decision 9). A read takes the open ticket when it arrives. Sealing a
// batch, or asking for a round, closes the ticket: its evidence proves leadership after every read
// of that ticket or an earlier one had arrived, so grants are a single growing number. What was
// granted stays valid: a later state of the log answers such a read as well.
//
// A grant is evidence of the state's age as well (docs/decisions/read-modes.md): everything that
// was acknowledged before its ticket was closed is applied here by then. Both times are of one
// clock, this node's, so the age is known but for the drift of that clock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"
#include "node/messages/messages.h"

namespace node {

class ReadTickets {
 public:
  explicit ReadTickets(GroupId group = base::kFirstGroup) : group_(group) {}
  [[nodiscard]] std::uint64_t open() const { return open_; }
  // For a read that has arrived. `is_by_round`: no lease is evidence for it, whoever leads.
  [[nodiscard]] std::uint64_t take(bool is_by_round) {
    if (is_by_round) last_by_round_ = open_;
    return open_;
  }
  // `now`: of the turn in which its evidence is asked for.
  [[nodiscard]] std::uint64_t close(base::Instant now);
  [[nodiscard]] bool is_granted(std::uint64_t ticket) const { return ticket <= granted_; }
  void grant(std::uint64_t ticket);
  // Everything that was acknowledged before then is applied here. None: nothing is known.
  [[nodiscard]] std::optional<base::Instant> level_at() const { return level_at_; }

  // ---- rounds: one in flight ----
  [[nodiscard]] bool is_asking() const { return asked_.has_value(); }
  [[nodiscard]] AskRead ask(base::Instant now);
  void on_ready(const ReadReady& ready);
  // True if it was the one in flight.
  bool on_denied(const ReadDenied& denied);
  void forget_round() { asked_.reset(); }
  // Call when entries were applied: an answered round grants once its index is applied.
  // True if it did.
  bool on_applied(LogIndex applied);

  // ---- sessions whose front operation waits, in order of arrival ----
  void enlist(std::uint64_t ticket, base::ConnectionId session);
  [[nodiscard]] bool has_readers() const { return !readers_.empty(); }
  // Someone waits for a ticket that no batch under way will grant; `has_batches`: there are some.
  [[nodiscard]] bool needs_round(bool has_batches) const {
    return !readers_.empty() && !asked_ && (readers_.back().ticket == open_ || !has_batches);
  }
  [[nodiscard]] std::optional<base::ConnectionId> take_ready();
  [[nodiscard]] std::optional<base::ConnectionId> take_any();

 private:
  struct Reader {
    std::uint64_t ticket = 0;
    base::ConnectionId session;
  };
  struct Round {
    std::uint64_t id = 0;
    std::uint64_t ticket = 0;
    bool is_ready = false;
    LogIndex index = {};
  };
  // Closed and not granted yet. Of those of which nobody hears any more the oldest are forgotten.
  struct Closed {
    std::uint64_t ticket = 0;
    base::Instant at{};
  };
  static constexpr std::size_t kClosedMax = 64;

  GroupId group_;
  std::uint64_t open_ = 1, granted_ = 0, next_round_ = 1;
  std::uint64_t last_by_round_ = 0;  // the last ticket that some read took so
  std::deque<Closed> closed_;
  std::optional<base::Instant> level_at_;
  std::optional<Round> asked_;
  std::deque<Reader> readers_;
};

}  // namespace node
