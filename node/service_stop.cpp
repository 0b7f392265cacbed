// SIGTERM (DESIGN decision 15): no new commands, what is under way is finished and answered, a
// leader of several hands over. The waits of its clients are ended through the log before: a client
// that is told -UNBLOCKED took nothing, also of pushes that were under way.
#include "node/service_machine.h"

namespace node {
namespace {

constexpr auto kStopWait = base::milliseconds(3000);
constexpr auto kRedirectWait = base::milliseconds(500);
// Who has said nothing for so long is not about to.
constexpr auto kQuiet = base::milliseconds(100);

}  // namespace

void Service::Machine::begin_stop() {
  if (stop_ != Stop::kNot) return;
  stop_ = Stop::kFinishing;
}

bool Service::Machine::takes_commands() const {
  if (stop_ == Stop::kNot) return true;
  return stop_ == Stop::kRedirecting && !is_leader() && leader_view() != nullptr;
}

void Service::Machine::advance_stop() {
  if (stop_ == Stop::kNot || stop_ == Stop::kDrained) return;
  if (!has_stop_deadline_) {
    has_stop_deadline_ = true;
    stop_deadline_ = clocks_.now + kStopWait;
  }
  if (stop_ == Stop::kFinishing) {  // also those who have begun to wait meanwhile
    release_readers(true);
    unblock_all();
  }
  bool is_answered = batcher_.is_idle();
  // Whoever does not read what it is owed holds nobody up; writes are the batcher's to know.
  sessions_.for_each([&](const Session& session) {
    is_answered = is_answered && (session.operations.empty() || session.waits_for_output);
  });
  const bool is_late = clocks_.now >= stop_deadline_;
  if (stop_ == Stop::kFinishing && (is_answered || is_late)) {
    stop_ = Stop::kTransferring;
    const bool has_others = is_leader() && !leadership_.is_sole_voter;
    if (has_others)
      out_.to_consensus.emplace_back(BeginTransfer{.group = base::kFirstGroup, .target = {}});
    if (!has_others) begin_redirecting();
  }
  if (stop_ == Stop::kTransferring && is_late) begin_redirecting();
  if (stop_ == Stop::kRedirecting && is_over_redirecting()) stop_ = Stop::kDrained;
  due(std::min(stop_deadline_, clocks_.now + base::milliseconds(20)));
}

void Service::Machine::on(const TransferDone& message) {
  line(LogLevel::kNotice, message.is_done ? "leadership was handed over"
                                          : "leadership was not handed over: " + message.detail);
  end_doubt();
  if (stop_ == Stop::kTransferring) begin_redirecting();
}

void Service::Machine::begin_redirecting() {
  stop_ = Stop::kRedirecting;
  stop_deadline_ = clocks_.now + kRedirectWait;
}

// Nobody has anything unread or unsent or is in the middle of saying things, or they had their
// time: whoever is busy learns where to go instead of losing a command with the connection.
bool Service::Machine::is_over_redirecting() {
  if (clocks_.now >= stop_deadline_) return true;
  // Whoever still has something to say is told where to go once that is known.
  if (!ready_.empty() && !is_leader()) return false;
  bool is_over = true;
  const bool has_others = cluster_.peers.size() > 1;
  const base::Duration quiet = has_others ? kQuiet : base::Duration();
  sessions_.for_each([&](const Session& session) {
    is_over = is_over && session.unsent_bytes() == 0 && session.operations.empty() &&
              clocks_.now - session.last_active >= quiet;
  });
  return is_over;
}

bool Service::Machine::is_drained() const { return stop_ == Stop::kDrained; }

}  // namespace node
