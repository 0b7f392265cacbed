#include "node/clients/maintenance/maintenance.h"

#include <algorithm>
#include <optional>
#include <string>

#include "node/clients/doors.h"
#include "node/clients/maintenance/destination.h"
#include "node/clients/maintenance/notices.h"

namespace node {
namespace {

constexpr std::int64_t kSecondMicroseconds = 1'000'000;

}  // namespace

std::int64_t Maintenance::next_number() {
  number_ = std::max(number_ + 1, desk_.replica.now_ms());
  return number_;
}

// -- a hand-over

void Maintenance::on(const TransferBegun& message) {
  is_over_ = false;
  if (is_handing_over_) return;  // the one before it goes on
  is_handing_over_ = true;
  tell_begin(message);
}

void Maintenance::on(const TransferDone&) { is_over_ = is_handing_over_; }

// What is refused meanwhile waits for a leader, so the end is told when one is known.
void Maintenance::advance() {
  if (is_over_ && !desk_.replica.terms().leadership().leader.is_none()) tell_end();
}

void Maintenance::tell_begin(const TransferBegun& message) {
  const std::int64_t seconds =
      (message.within.count() + kSecondMicroseconds - 1) / kSecondMicroseconds;
  const std::string text = failing_over_notice(next_number(), std::max<std::int64_t>(seconds, 1));
  desk_.sessions.for_each([&](Session& session) {
    if (!session.maintenance.is_on || !manners_of(session.info.door).has_data) return;
    session.maintenance.knows_of_hand_over = true;
    outlet_.push(session, text);
  });
}

void Maintenance::tell_end() {
  if (!is_handing_over_) return;
  is_handing_over_ = is_over_ = false;
  const std::string text = failed_over_notice(next_number());
  desk_.sessions.for_each([&](Session& session) {
    if (!session.maintenance.knows_of_hand_over) return;
    session.maintenance.knows_of_hand_over = false;
    outlet_.push(session, text);
  });
}

// -- the end of this node

// Whoever leaves would never hear of the end of what has begun here, so it is told first.
void Maintenance::send_away(base::Instant until) {
  tell_end();
  const std::int64_t seconds = (until - desk_.turn.now()).count() / kSecondMicroseconds;
  desk_.sessions.for_each([&](Session& session) {
    const MaintenanceMode& mode = session.maintenance;
    if (mode.is_on && !mode.is_sent_away) send_away(session, std::max<std::int64_t>(seconds, 1));
  });
}

void Maintenance::send_away(Session& session, std::int64_t seconds) {
  const Door door = session.info.door;
  const PeerView* node =
      destination(desk_.replica.cluster(), desk_.replica.terms().leadership().leader, door);
  if (node == nullptr) return;
  MaintenanceMode& mode = session.maintenance;
  std::optional<std::string> endpoint;
  if (mode.endpoint != MovingEndpoint::kNothing) {
    endpoint = moving_endpoint(*node, door, mode.endpoint);
    if (!endpoint) return;  // it asked for one, and may not know what to do without
  }
  if (moving_number_ == 0) moving_number_ = next_number();
  mode.is_sent_away = true;
  outlet_.push(session, moving_notice(moving_number_, seconds, endpoint));
}

std::size_t Maintenance::count_guests() const {
  std::size_t count = 0;
  desk_.sessions.for_each([&](const Session& session) {
    const bool is_here = !session.output.is_killed() && !session.output.closes_when_sent();
    count += session.maintenance.is_sent_away && is_here ? 1 : 0;
  });
  return count;
}

}  // namespace node
