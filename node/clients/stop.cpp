#include "node/clients/stop.h"

#include <algorithm>
#include <string>

namespace node {
namespace {

constexpr auto kStopWait = base::milliseconds(3000);
constexpr auto kRedirectWait = base::milliseconds(500);
// Since the beginning; the driver ends the process soon afterwards.
constexpr auto kLastCall = base::milliseconds(3800);
// Who has said nothing for so long is not about to.
constexpr auto kQuiet = base::milliseconds(100);

}  // namespace

void Stop::begin() {
  if (stage_ != Stage::kNot) return;
  stage_ = Stage::kFinishing;
  desk_.is_stopping = true;
}

bool Stop::takes_commands() const {
  if (stage_ == Stage::kNot) return true;
  return stage_ == Stage::kRedirecting && !replica_.terms().is_leader() &&
         replica_.leader_elsewhere() != nullptr;
}

void Stop::advance() {
  if (stage_ == Stage::kNot || stage_ == Stage::kDrained) return;
  const base::Instant now = desk_.turn.now();
  if (!has_deadline_) {
    has_deadline_ = true;
    deadline_ = now + kStopWait;
    last_call_ = now + kLastCall;
  }
  if (stage_ == Stage::kFinishing) {  // also those who have begun to wait meanwhile
    blocked_.release_readers(true);
    blocked_.unblock_all();
  }
  const bool is_late = now >= deadline_;
  if (stage_ == Stage::kFinishing && (is_answered() || is_late)) hand_over();
  if (stage_ == Stage::kTransferring && is_late) begin_redirecting();
  if (stage_ == Stage::kRedirecting) send_away();
  if (stage_ == Stage::kRedirecting && is_over_redirecting()) end();
  const base::Instant next = now < deadline_ ? deadline_ : last_call_;
  desk_.turn.due(std::min(next, now + base::milliseconds(20)));
}

bool Stop::is_answered() const {
  Proposals& proposals = replica_.proposals();
  bool is_answered = proposals.batcher().is_idle() && proposals.forwarder().is_idle();
  // Whoever does not read what it is owed holds nobody up; writes are the batcher's to know.
  desk_.sessions.for_each([&](const Session& session) {
    is_answered = is_answered && (session.operations.empty() || session.output.waits_for_reader());
  });
  return is_answered;
}

void Stop::hand_over() {
  stage_ = Stage::kTransferring;
  if (!replica_.terms().is_leader() || replica_.terms().is_sole_voter()) return begin_redirecting();
  desk_.turn.to_consensus.emplace_back(BeginTransfer{.group = replica_.group(), .target = {}});
}

void Stop::on(const TransferDone&) {
  if (stage_ == Stage::kTransferring) begin_redirecting();
}

void Stop::begin_redirecting() {
  stage_ = Stage::kRedirecting;
  deadline_ = desk_.turn.now() + kRedirectWait;
}

// To the leader, if it is known in time which node that is.
void Stop::send_away() {
  const bool is_leader_known = replica_.leader_elsewhere() != nullptr;
  if (is_leader_known || desk_.turn.now() >= deadline_) maintenance_.send_away(last_call_);
}

// Nobody has anything unread or unsent or is in the middle of saying things, or they had their
// time: whoever is busy learns where to go instead of losing a command with the connection.
bool Stop::is_over_redirecting() const {
  if (maintenance_.count_guests() > 0) return desk_.turn.now() >= last_call_;
  if (desk_.turn.now() >= deadline_) return true;
  // Whoever still has something to say is told where to go once that is known.
  if (stalls_.ready_count() > 0 && !replica_.terms().is_leader()) return false;
  bool is_over = true;
  const bool has_others = replica_.cluster().peers.size() > 1;
  const base::Duration quiet = has_others ? kQuiet : base::Duration();
  desk_.sessions.for_each([&](const Session& session) {
    is_over = is_over && session.output.unsent_bytes() == 0 && session.operations.empty() &&
              desk_.turn.now() - session.last_active >= quiet;
  });
  return is_over;
}

void Stop::end() {
  stage_ = Stage::kDrained;
  const std::size_t guests = maintenance_.count_guests();
  if (guests == 0) return;
  desk_.turn.line(LogLevel::kNotice, std::to_string(guests) +
                                         " clients that were told to go to another node are " +
                                         "still here, and are left");
}

}  // namespace node
