// Evidence for reads (DESIGN decision 9). A read takes the open ticket when it arrives. Sealing a
// batch, or asking for a round, closes the ticket: its evidence proves leadership after every read
// of that ticket or an earlier one had arrived, so grants are a single growing number. What was
// granted stays valid: a later state of the log answers such a read as well.
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
  [[nodiscard]] std::uint64_t close() { return open_++; }
  [[nodiscard]] bool is_granted(std::uint64_t ticket) const { return ticket <= granted_; }
  void grant(std::uint64_t ticket) { granted_ = ticket > granted_ ? ticket : granted_; }

  // ---- rounds: one in flight ----
  [[nodiscard]] bool is_asking() const { return asked_.has_value(); }
  [[nodiscard]] AskRead ask();
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
  GroupId group_;
  std::uint64_t open_ = 1, granted_ = 0, next_round_ = 1;
  std::optional<Round> asked_;
  std::deque<Reader> readers_;
};

}  // namespace node
