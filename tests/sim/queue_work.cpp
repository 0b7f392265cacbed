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

}  // namespace

std::string QueueWork::queue() {
  const std::string name = "queue" + std::to_string(issued_ / kUnitsPerQueueSet) + "." +
                           std::to_string(chance_.below(kQueuesInUse));
  queues_.insert(name);
  return name;
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
  const std::string token = "token" + std::to_string(next_token_++);
  const std::string verb = chance_.percent(70) ? "RPUSH" : "LPUSH";
  if (chance_.percent(20))
    return any({{"MULTI"}, {verb, queue(), token}, {"EXISTS", queue()}, {"EXEC"}}, token);
  return any({{verb, queue(), token}}, token);
}

Exchange QueueWork::take() {
  switch (chance_.below(6)) {
    case 0: return any({{"LPOP", queue()}}, "take");
    case 1: return any({{"BLMOVE", queue(), queue(), "LEFT", "RIGHT", patience()}}, "move");
    case 2: return any({{"BLMPOP", patience(), "2", queue(), queue(), "RIGHT"}}, "take");
    case 3: return any({{"BRPOP", queue(), patience()}}, "take");
    default: return any({{"BLPOP", queue(), queue(), patience()}}, "take");
  }
}

void QueueWork::on_outcome(const Exchange& exchange, Outcome outcome) {
  if (exchange.tag == "move") return;
  if (exchange.tag == "take") return note_taken(exchange, outcome);
  ++counters_.queued;
  pushed_[exchange.tag] = outcome == Outcome::kDone      ? Fate::kAcknowledged
                          : outcome == Outcome::kUnknown ? Fate::kUnknown
                                                         : Fate::kRefused;
}

void QueueWork::note_taken(const Exchange& exchange, Outcome outcome) {
  if (outcome == Outcome::kUnknown) ++unknown_takes_;
  if (outcome != Outcome::kDone) return;
  const resp::Reply* reply = &exchange.replies[0];
  DEMAND(!reply->is_error(), "a queue answers " + reply->text);
  if (reply->is_null) return;
  while (!reply->elements.empty()) reply = &reply->elements.back();  // [queue, [token]]
  ++counters_.served;
  give(reply->text);
}

void QueueWork::give(const std::string& token) {
  DEMAND(given_.insert(token).second, "given twice: " + token);
}

Exchange QueueWork::read(const std::string& queue) {
  return any({{"LRANGE", queue, "0", "-1"}}, "left");
}

void QueueWork::note_left(const Exchange& exchange) {
  for (const resp::Reply& token : exchange.replies[0].elements) give(token.text);
}

void QueueWork::check() const {
  std::uint64_t missing = 0;
  for (const std::string& token : given_) {
    const auto known = pushed_.find(token);
    DEMAND(known != pushed_.end(), "given, but nobody pushed it: " + token);
    DEMAND(known->second != Fate::kRefused, "given, but its push was refused: " + token);
  }
  for (const auto& [token, fate] : pushed_)
    missing += fate == Fate::kAcknowledged && !given_.contains(token) ? 1 : 0;
  DEMAND(missing <= unknown_takes_,
         std::to_string(missing) + " acknowledged tokens are gone, but only " +
             std::to_string(unknown_takes_) + " takes have no known outcome");
}

}  // namespace sim
