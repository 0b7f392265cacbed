// What became of every token that was pushed to a queue, judged when all clients are silent. It is
// exact: a take that was told "nothing" or that it never happened took nothing, a take that was
// told a token took that one and no other, and a take of unknown outcome took at most one token of
// a queue it named. Takes that move their token into an inbox of their own (BLMOVE, LMOVE) leave a
// witness; for the others every token that is gone must be assigned a take of its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/exchange.h"

namespace sim {

class QueueCheck {
 public:
  using Token = std::string;
  void on_pushed(const Token& token, const std::string& queue, Outcome outcome);
  // From one queue to another. Which token it was does not matter.
  void on_moved(const std::string& from, const std::string& to, Outcome outcome);
  // Of one of the queues; `token`: of a kDone, nullopt: there was nothing.
  void on_taken(std::set<std::string> queues, Outcome outcome, const std::optional<Token>& token);
  void on_taken_into(const std::string& inbox, Outcome outcome, const std::optional<Token>& token);
  // Pushed when nobody takes any more: it must be found in its queue.
  void on_pushed_last(const Token& token, const std::string& queue, Outcome outcome);
  // At the end: what lies in a queue or an inbox.
  void on_left(const std::string& list, const std::vector<Token>& tokens);

  [[nodiscard]] const std::set<std::string>& queues() const { return queues_; }
  [[nodiscard]] std::vector<std::string> inboxes() const;
  // Throws Violation.
  void check() const;

 private:
  struct Push {
    std::string queue;
    Outcome outcome = Outcome::kUnknown;
    bool is_last = false;
  };
  struct Posted {
    Outcome outcome = Outcome::kUnknown;
    std::optional<Token> token;
  };
  void give(const Token& token);
  void check_inboxes() const;
  void check_missing() const;
  [[nodiscard]] std::set<std::string> reachable(const std::string& queue) const;

  std::set<std::string> queues_;
  std::map<Token, Push> pushes_;
  std::map<std::string, std::set<std::string>> moves_;
  std::vector<std::set<std::string>> unknown_takes_;  // the queues of each
  std::map<std::string, Posted> posted_;              // by inbox
  std::map<std::string, std::vector<Token>> left_;
  std::set<Token> given_;
};

}  // namespace sim
