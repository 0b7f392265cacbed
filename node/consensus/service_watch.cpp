#include "node/consensus/service_watch.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

constexpr int kPatiences = 10;  // of `timeout`, until the node is to end itself
constexpr int kQuestions = 10;  // within one `timeout`
constexpr base::Duration kPauseMax = base::milliseconds(1000);

std::string in_ms(base::Duration time) { return std::to_string(time.count() / 1000) + " ms"; }

}  // namespace

void ServiceWatch::on_activity(base::Instant now, const ServiceActivity& activity) {
  if (activity.number == activity_.number && activity.command == activity_.command) return;
  activity_ = activity;
  activity_since_ = now;
}

void ServiceWatch::on_answer(base::Instant now, std::uint64_t number) {
  if (number != asked_ || answered_ == asked_) return;
  answered_ = asked_;
  ask_again_ = now + std::min(kPauseMax, timeout_ / kQuestions);
  if (std::exchange(is_stuck_, false))
    lines_.push_back(
        {LogLevel::kWarning, "the service takes its mail again, after " + in_ms(waited_)});
}

std::string ServiceWatch::description(base::Instant now) const {
  return "the service has taken no mail for " + in_ms(waited_) + ", " +
         (activity_.command.empty() ? "it is at no command"
                                    : "command " + std::string(activity_.command) +
                                          " has been running for " + in_ms(now - activity_since_));
}

ServiceWatch::Output ServiceWatch::advance(base::Instant now) {
  Output out{.ask = {}, .lines = std::exchange(lines_, {}), .fatal = {}, .may_lead = {}};
  const base::Duration passed = now - std::exchange(last_turn_, now);
  if (answered_ == asked_ && now >= ask_again_) {
    out.ask = ++asked_;
    waited_ = {};
  } else if (answered_ != asked_) {
    waited_ += std::min(passed, kPauseMax);
  }
  if (answered_ != asked_ && waited_ >= timeout_ && !std::exchange(is_stuck_, true)) {
    ++stalls_;
    out.lines.push_back(
        {LogLevel::kWarning, description(now) + ": this node does not lead until it does"});
  }
  if (is_stuck_ && waited_ >= timeout_ * kPatiences)
    out.fatal = description(now) + ". This node ends itself: another run may get further";
  if (may_lead_ == is_stuck_) out.may_lead = may_lead_ = !is_stuck_;
  next_deadline_ = ask_again_;
  if (answered_ != asked_)
    next_deadline_ = now + std::min(kPauseMax, std::max(timeout_ - waited_, timeout_ / kQuestions));
  return out;
}

}  // namespace node
