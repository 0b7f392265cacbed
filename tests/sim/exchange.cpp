#include "tests/sim/exchange.h"

#include "base/crc.h"
#include "tests/sim/violation.h"

namespace sim {

namespace {

// An error that says what became of the command; nullopt: it is none of those that may come.
std::optional<Judgement> refusal(const resp::Reply& reply, const std::string& key) {
  if (!reply.is_error()) return {};
  const std::string& text = reply.text;
  for (const char* never :
       {"CLUSTERDOWN ", "TRYAGAIN ", "LOADING ", "MISCONF ", "EXECABORT ", "UNBLOCKED "}) {
    if (text.starts_with(never)) return Judgement{Outcome::kNever, {}, false};
  }
  if (text.starts_with("INDOUBT ")) return Judgement{Outcome::kUnknown, {}, false};
  if (!text.starts_with("MOVED ")) return {};
  const std::size_t space = text.find(' ', 6);
  const std::string slot = text.substr(6, space - 6);
  DEMAND(key.empty() || slot == std::to_string(base::key_slot(key)),
         "a reply out of order: the slot of another key in " + text + " for " + key);
  return Judgement{Outcome::kNever, text.substr(space + 1), false};
}

Judgement judge_exec(Exchange& exchange, const std::vector<resp::Reply>& replies) {
  DEMAND(canonical(replies.front()) == "+OK", "MULTI was refused: " + replies.front().text);
  bool is_refused = false;
  std::string moved_to;
  for (std::size_t i = 1; i + 1 < replies.size(); ++i) {
    if (canonical(replies[i]) == "+QUEUED") continue;
    const auto refused = refusal(replies[i], exchange.commands[i][1]);
    DEMAND(refused.has_value(), "not queued: " + replies[i].text + ": " + in_words(exchange));
    is_refused = true;
    moved_to = refused->moved_to;
  }
  const resp::Reply& last = replies.back();
  if (auto refused = refusal(last, exchange.commands[1][1])) {
    if (refused->moved_to.empty()) refused->moved_to = moved_to;
    return *refused;
  }
  DEMAND(!is_refused, "EXEC ran although a command was refused: " + in_words(exchange));
  if (last.is_null) {
    DEMAND(exchange.is_guarded, "EXEC found a watch that nobody set: " + in_words(exchange));
    return {Outcome::kNever, {}, true};
  }
  DEMAND(last.elements.size() == replies.size() - 2, "EXEC: " + last.text + in_words(exchange));
  for (Operation& operation : exchange.operations) {
    for (Step& step : operation.steps) step.result = canonical(last.elements[step.place]);
  }
  DEMAND(!exchange.has_twins || last.elements.at(0) == last.elements.at(1),
         "a transaction saw half of another: " + canonical(last.elements[0]) + " and " +
             canonical(last.elements[1]) + " in " + in_words(exchange));
  return {Outcome::kDone, {}, false};
}

Judgement judge_watch(Exchange& exchange, const std::vector<resp::Reply>& replies) {
  Judgement judgement{Outcome::kDone, {}, false};
  for (const resp::Reply& reply : replies) {
    const auto refused = refusal(reply, exchange.commands[0][1]);
    if (refused && judgement.outcome == Outcome::kDone) judgement = *refused;
  }
  if (judgement.outcome != Outcome::kDone) return judgement;
  DEMAND(canonical(replies[0]) == "+OK", "WATCH answered " + canonical(replies[0]));
  exchange.operations[0].steps[0].result = canonical(replies[1]);
  return judgement;
}

// Refused if any of it is: then nothing is known of the rest.
Judgement judge_any(Exchange& exchange, const std::vector<resp::Reply>& replies) {
  std::optional<Judgement> refused;
  for (const resp::Reply& reply : replies) {
    const auto one = refusal(reply, {});
    if (!one) continue;
    if (!refused) refused = one;
    if (one->outcome == Outcome::kUnknown) refused->outcome = Outcome::kUnknown;
    if (!one->moved_to.empty()) refused->moved_to = one->moved_to;
  }
  if (refused && replies.size() > 1 && exchange.commands[0][0] != "MULTI")
    refused->outcome = Outcome::kUnknown;
  if (refused) return *refused;
  exchange.replies = replies;
  return {Outcome::kDone, {}, false};
}

}  // namespace

std::string in_words(const Exchange& exchange) {
  std::string words;
  for (const auto& command : exchange.commands) {
    for (const std::string& word : command) words += word.substr(0, 24) + " ";
    words += "| ";
  }
  return words;
}

std::string canonical(const resp::Reply& reply) {
  if (reply.is_null) return "nil";
  if (reply.type == ':') return ":" + std::to_string(reply.integer);
  return std::string(1, reply.type) + reply.text;
}

Judgement judge(Exchange& exchange, const std::vector<resp::Reply>& replies) {
  switch (exchange.kind) {
    case Exchange::Kind::kEcho:
      DEMAND(canonical(replies[0]) == "$" + exchange.commands[0][1],
             "replies out of order: ECHO " + exchange.commands[0][1] + " got " +
                 canonical(replies[0]));
      return {Outcome::kDone, {}, false};
    case Exchange::Kind::kHello:
      DEMAND(!replies[0].is_error(), in_words(exchange) + "got " + replies[0].text);
      return {Outcome::kDone, {}, false};
    case Exchange::Kind::kExec: return judge_exec(exchange, replies);
    case Exchange::Kind::kWatch: return judge_watch(exchange, replies);
    case Exchange::Kind::kAny: return judge_any(exchange, replies);
    case Exchange::Kind::kCommand: break;
  }
  const std::string& key = exchange.commands[0][1];
  if (const auto refused = refusal(replies[0], key)) return *refused;
  DEMAND(!replies[0].is_error(), "an error: " + replies[0].text + " for " + in_words(exchange));
  exchange.operations[0].steps[0].result = canonical(replies[0]);
  return {Outcome::kDone, {}, false};
}

}  // namespace sim
