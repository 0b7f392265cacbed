// Whether the service of this node takes its mail (DESIGN decision 25). The consensus machine asks
// it now and then, with one question under way; the answer comes at the end of the turn in which
// the service has found the question. A question that stays unanswered for `timeout` makes the
// service stuck: its node neither leads nor stands for election until the answer comes. After ten
// times as long the node is to end itself.
//
// Time counts only as far as this machine has turned: a suspended process was not listening.
// Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "node/messages/messages.h"

namespace node {

// What the service was seen at, by the driver; no decision depends on it.
struct ServiceActivity {
  std::uint64_t number = 0;  // another one for each command
  std::string_view command;  // a name of the command table; empty: no command
};

class ServiceWatch {
 public:
  explicit ServiceWatch(base::Duration timeout) : timeout_(timeout) {}

  void on_activity(base::Instant now, const ServiceActivity& activity);
  void on_answer(base::Instant now, std::uint64_t number);

  struct Output {
    std::optional<std::uint64_t> ask;  // a question to be sent
    std::vector<LogLine> lines;
    std::optional<std::string> fatal;
    std::optional<bool> may_lead;  // this node, when that has changed
  };
  [[nodiscard]] Output advance(base::Instant now);
  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }

  [[nodiscard]] bool is_stuck() const { return is_stuck_; }
  // As advance() has said last.
  [[nodiscard]] bool may_lead() const { return may_lead_; }
  // How often it was, in this run.
  [[nodiscard]] std::uint64_t stalls() const { return stalls_; }

 private:
  [[nodiscard]] std::string description(base::Instant now) const;

  base::Duration timeout_;
  ServiceActivity activity_;
  base::Instant activity_since_{}, last_turn_{}, ask_again_{}, next_deadline_{};
  base::Duration waited_{};  // for the answer to the question under way
  std::uint64_t asked_ = 0, answered_ = 0;
  bool is_stuck_ = false, may_lead_ = true;
  std::uint64_t stalls_ = 0;
  std::vector<LogLine> lines_;
};

}  // namespace node
