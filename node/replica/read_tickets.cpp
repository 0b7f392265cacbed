#include "node/replica/read_tickets.h"

#include "base/check.h"

namespace node {

AskRead ReadTickets::ask() {
  CHECK(!asked_);
  asked_ = Round{.id = next_round_++, .ticket = close()};
  return {.group = group_, .id = asked_->id};
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
