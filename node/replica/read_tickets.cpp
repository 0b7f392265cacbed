#include "node/replica/read_tickets.h"

#include <algorithm>

#include "base/check.h"

namespace node {

std::uint64_t ReadTickets::close(base::Instant now) {
  CHECK(closed_.empty() || closed_.back().at <= now);
  if (closed_.size() == kClosedMax) closed_.pop_front();
  closed_.push_back({open_, now});
  return open_++;
}

void ReadTickets::grant(std::uint64_t ticket) {
  granted_ = std::max(granted_, ticket);
  while (!closed_.empty() && closed_.front().ticket <= granted_) {
    level_at_ = closed_.front().at;
    closed_.pop_front();
  }
}

// A grant is one for all earlier tickets too: they are by round if one of them is.
AskRead ReadTickets::ask(base::Instant now) {
  CHECK(!asked_);
  const bool is_by_round = last_by_round_ > granted_;
  asked_ = Round{.id = next_round_++, .ticket = close(now)};
  return {.group = group_, .id = asked_->id, .is_by_round = is_by_round};
}

void ReadTickets::on_ready(const ReadReady& ready) {
  if (!asked_ || asked_->id != ready.id) return;
  asked_->is_ready = true;
  asked_->index = ready.index;
}

bool ReadTickets::on_denied(const ReadDenied& denied) {
  if (!asked_ || asked_->id != denied.id) return false;
  asked_.reset();
  return true;
}

bool ReadTickets::on_applied(LogIndex applied) {
  if (!asked_ || !asked_->is_ready || asked_->index > applied) return false;
  grant(asked_->ticket);
  asked_.reset();
  return true;
}

void ReadTickets::enlist(std::uint64_t ticket, base::ConnectionId session) {
  if (!readers_.empty() && readers_.back().ticket > ticket) ticket = readers_.back().ticket;
  readers_.push_back({ticket, session});
}

std::optional<base::ConnectionId> ReadTickets::take_ready() {
  if (readers_.empty() || !is_granted(readers_.front().ticket)) return std::nullopt;
  return take_any();
}

std::optional<base::ConnectionId> ReadTickets::take_any() {
  if (readers_.empty()) return std::nullopt;
  const base::ConnectionId session = readers_.front().session;
  readers_.pop_front();
  return session;
}

}  // namespace node
