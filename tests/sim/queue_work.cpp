#include "tests/sim/queue_work.h"

#include "tests/sim/violation.h"

namespace sim {
namespace {

constexpr std::uint64_t kQueuesInUse = 3, kUnitsPerQueueSet = 150;

Exchange any(std::vector<std::vector<std::string>> commands, std::string tag) {
  Exchange exchange;
  exchange.kind = Exchange::Kind::kAny;
  exchange.asker = Asker::kQueues;
  exchange.commands = std::move(commands);
  exchange.tag = std::move(tag);
  return exchange;
}

bool is_queue(const std::string& word) { return word.starts_with("queue"); }

std::set<std::string> queues_of(const Exchange& exchange) {
  std::set<std::string> queues;
  for (const std::string& word : exchange.commands[0]) {
    if (is_queue(word)) queues.insert(word);
  }
  return queues;
}

}  // namespace

std::string QueueWork::queue() {
  return "queue" + std::to_string(issued_ / kUnitsPerQueueSet) + "." +
         std::to_string(chance_.below(kQueuesInUse));
}

// Seconds; now and then for ever.
std::string QueueWork::patience() {
  return chance_.percent(15) ? "0" : "0." + std::to_string(chance_.between(1, 999));
}

Exchange QueueWork::next() {
  ++issued_;
  return chance_.percent(50) ? push() : take();
}

Exchange QueueWork::push() {
  const std::string pushed = token();
  const std::string verb = chance_.percent(70) ? "RPUSH" : "LPUSH";
  if (chance_.percent(20))
    return any({{"MULTI"}, {verb, queue(), pushed}, {"EXISTS", queue()}, {"EXEC"}}, "push");
  return any({{verb, queue(), pushed}}, "push");
}

Exchange QueueWork::take() {
  switch (chance_.below(8)) {
    case 0: return any({{"LPOP", queue()}}, "take");
    case 1: return any({{"BLMOVE", queue(), queue(), "LEFT", "RIGHT", patience()}}, "move");
    case 2: return any({{"BLMPOP", patience(), "2", queue(), queue(), "RIGHT"}}, "take");
    case 3: return any({{"BRPOP", queue(), patience()}}, "take");
    case 4: return any({{"BLPOP", queue(), queue(), patience()}}, "take");
    default: return take_into_inbox();
  }
}

Exchange QueueWork::take_into_inbox() {
  const std::string inbox = "inbox" + std::to_string(next_inbox_++);
  if (chance_.percent(20)) return any({{"LMOVE", queue(), inbox, "LEFT", "RIGHT"}}, "post");
  return any({{"BLMOVE", queue(), inbox, "LEFT", "RIGHT", patience()}}, "post");
}

void QueueWork::on_outcome(const Exchange& exchange, Outcome outcome) {
  const std::vector<std::string>& words = exchange.commands[0];
  if (exchange.tag == "move") return check_.on_moved(words[1], words[2], outcome);
  if (exchange.tag == "take")
    return check_.on_taken(queues_of(exchange), outcome, taken(exchange, outcome));
  if (exchange.tag == "post")
    return check_.on_taken_into(words[2], outcome, taken(exchange, outcome));
  ++counters_.queued;
  const std::vector<std::string>& push = words[0] == "MULTI" ? exchange.commands[1] : words;
  check_.on_pushed(push[2], push[1], outcome);
}

std::optional<std::string> QueueWork::taken(const Exchange& exchange, Outcome outcome) {
  if (outcome != Outcome::kDone) return {};
  const resp::Reply* reply = &exchange.replies[0];
  DEMAND(!reply->is_error(), "a queue answers " + reply->text);
  if (reply->is_null) return {};
  while (!reply->elements.empty()) reply = &reply->elements.back();  // [queue, [token]]
  ++counters_.served;
  return reply->text;
}

Exchange QueueWork::push_last(const std::string& queue) {
  return any({{"RPUSH", queue, token()}}, "last");
}

void QueueWork::on_pushed_last(const Exchange& exchange, Outcome outcome) {
  check_.on_pushed_last(exchange.commands[0][2], exchange.commands[0][1], outcome);
}

Exchange QueueWork::read(const std::string& list) {
  return any({{"LRANGE", list, "0", "-1"}}, "left");
}

void QueueWork::note_left(const Exchange& exchange) {
  std::vector<std::string> tokens;
  for (const resp::Reply& token : exchange.replies[0].elements) tokens.push_back(token.text);
  check_.on_left(exchange.commands[0][1], tokens);
}

}  // namespace sim
