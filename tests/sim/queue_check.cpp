#include "tests/sim/queue_check.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace sim {
namespace {

// Assigns each token a take of its own (Kuhn's augmenting paths); both sides are small.
class Assignment {
 public:
  explicit Assignment(const std::vector<std::set<std::string>>& takes)
      : takes_(takes), token_of_(takes.size()) {}

  // False: all takes that could have had it are needed for others.
  bool add(const std::string& token, std::set<std::string> places) {
    places_[token] = std::move(places);
    std::vector<bool> is_tried(takes_.size());
    return assign(token, is_tried);
  }

 private:
  bool assign(const std::string& token, std::vector<bool>& is_tried) {
    for (std::size_t i = 0; i < takes_.size(); ++i) {
      if (is_tried[i] || !meets(takes_[i], places_[token])) continue;
      is_tried[i] = true;
      if (!token_of_[i].empty() && !assign(token_of_[i], is_tried)) continue;
      token_of_[i] = token;
      return true;
    }
    return false;
  }
  static bool meets(const std::set<std::string>& one, const std::set<std::string>& other) {
    return std::any_of(one.begin(), one.end(),
                       [&](const std::string& name) { return other.contains(name); });
  }

  const std::vector<std::set<std::string>>& takes_;
  std::vector<std::string> token_of_;  // of each take; empty: none yet
  std::map<std::string, std::set<std::string>> places_;
};

std::string in_words(const std::vector<std::string>& tokens) {
  std::string words;
  for (const std::string& token : tokens) words += " " + token;
  return words.empty() ? " nothing" : words;
}

}  // namespace

void QueueCheck::on_pushed(const Token& token, const std::string& queue, Outcome outcome) {
  queues_.insert(queue);
  pushes_[token] = {queue, outcome, false};
}

void QueueCheck::on_pushed_last(const Token& token, const std::string& queue, Outcome outcome) {
  pushes_[token] = {queue, outcome, true};
}

void QueueCheck::on_moved(const std::string& from, const std::string& to, Outcome outcome) {
  queues_.insert({from, to});
  if (outcome != Outcome::kNever) moves_[from].insert(to);
}

void QueueCheck::on_taken(std::set<std::string> queues, Outcome outcome,
                          const std::optional<Token>& token) {
  queues_.insert(queues.begin(), queues.end());
  if (outcome == Outcome::kUnknown) unknown_takes_.push_back(std::move(queues));
  if (outcome == Outcome::kDone && token) give(*token);
}

void QueueCheck::on_taken_into(const std::string& inbox, Outcome outcome,
                               const std::optional<Token>& token) {
  posted_[inbox] = {outcome, token};
}

void QueueCheck::on_left(const std::string& list, const std::vector<Token>& tokens) {
  left_[list] = tokens;
  for (const Token& token : tokens) give(token);
}

std::vector<std::string> QueueCheck::inboxes() const {
  std::vector<std::string> names;
  for (const auto& [inbox, posted] : posted_) names.push_back(inbox);
  return names;
}

void QueueCheck::give(const Token& token) {
  DEMAND(given_.insert(token).second, "given twice: " + token);
}

void QueueCheck::check() const {
  for (const Token& token : given_) {
    const auto known = pushes_.find(token);
    DEMAND(known != pushes_.end(), "given, but nobody pushed it: " + token);
    DEMAND(known->second.outcome != Outcome::kNever, "given, but its push was refused: " + token);
  }
  check_inboxes();
  check_missing();
}

void QueueCheck::check_inboxes() const {
  for (const auto& [inbox, posted] : posted_) {
    const std::vector<Token>& found = left_.at(inbox);
    const std::string what = inbox + " holds" + in_words(found);
    DEMAND(posted.outcome != Outcome::kNever || found.empty(),
           "a take that was told that it took nothing took something: " + what);
    DEMAND(posted.outcome != Outcome::kUnknown || found.size() <= 1, "a take took twice: " + what);
    if (posted.outcome != Outcome::kDone) continue;
    const bool is_exact = posted.token ? found == std::vector{*posted.token} : found.empty();
    DEMAND(is_exact, what + ", but its take was answered " + posted.token.value_or("nothing"));
  }
}

void QueueCheck::check_missing() const {
  Assignment assignment(unknown_takes_);
  for (const auto& [token, push] : pushes_) {
    if (push.outcome != Outcome::kDone || given_.contains(token)) continue;
    DEMAND(!push.is_last,
           token + " of " + push.queue + " was taken when no client was waiting any more");
    DEMAND(
        assignment.add(token, reachable(push.queue)),
        "acknowledged, and no take of unknown outcome can have it: " + token + " of " + push.queue);
  }
}

std::set<std::string> QueueCheck::reachable(const std::string& queue) const {
  std::set<std::string> seen = {queue};
  std::vector<std::string> open = {queue};
  while (!open.empty()) {
    const auto moves = moves_.find(open.back());
    open.pop_back();
    if (moves == moves_.end()) continue;
    for (const std::string& next : moves->second) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return seen;
}

}  // namespace sim
