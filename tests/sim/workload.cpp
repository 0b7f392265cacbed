#include "tests/sim/workload.h"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

constexpr std::uint64_t kKeysInUse = 5;
constexpr std::uint64_t kUnitsPerKeySet = 260;

Operation one_step(std::string key, Verb verb, std::string argument = {}) {
  Operation operation;
  operation.key = std::move(key);
  operation.steps.push_back({verb, std::move(argument), 0, {}});
  return operation;
}

Exchange command(std::vector<std::string> words, Verb verb, std::string argument = {}) {
  Exchange exchange;
  exchange.operations.push_back(one_step(words[1], verb, std::move(argument)));
  exchange.commands.push_back(std::move(words));
  return exchange;
}

// A transaction of commands on keys; steps of one key become one operation.
class Transaction {
 public:
  Transaction() { exchange_.kind = Exchange::Kind::kExec, exchange_.commands = {{"MULTI"}}; }
  void add(std::vector<std::string> words, Verb verb, std::string argument = {}) {
    const std::size_t place = exchange_.commands.size() - 1;
    auto& operations = exchange_.operations;
    const auto same_key = [&](const Operation& operation) { return operation.key == words[1]; };
    auto found = std::find_if(operations.begin(), operations.end(), same_key);
    if (found == operations.end()) {
      operations.emplace_back();
      found = std::prev(operations.end());
      found->key = words[1];
    }
    found->steps.push_back({verb, std::move(argument), place, {}});
    exchange_.commands.push_back(std::move(words));
  }
  Exchange finish() {
    exchange_.commands.push_back({"EXEC"});
    return std::move(exchange_);
  }

 private:
  Exchange exchange_;
};

}  // namespace

std::string Workload::key(const char* kind) {
  const std::uint64_t set = issued_ / kUnitsPerKeySet;
  return std::string(kind) + std::to_string(set) + "." + std::to_string(chance_.below(kKeysInUse));
}

std::string Workload::value() {
  std::string text = "v" + std::to_string(next_value_++);
  if (chance_.percent(20)) text += "-" + std::string(chance_.below(300), 'x');
  return text;
}

std::optional<Exchange> Workload::next(std::size_t client) {
  // Of another kind: chances of their own, judged by those who asked.
  const std::uint64_t kind = chance_.below(100);
  if (kind < 15) return mixed_.next();
  if (kind < 30) return queues_.next();
  if (kind < 45) return scans_.next(client);
  ++issued_;
  const std::uint64_t draw = chance_.below(100);
  if (draw < 34) return on_register();
  if (draw < 54) return on_counter();
  if (draw < 65) return on_volatile();
  if (draw < 75) return on_list(client);
  if (draw < 83) return on_twins();
  if (draw < 90) return transaction();
  if (draw < 94) return watch();
  return echo();
}

void Workload::on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome) {
  if (exchange.kind != Exchange::Kind::kAny) return;
  switch (exchange.asker) {
    case Asker::kQueues: return queues_.on_outcome(exchange, outcome);
    case Asker::kScans: return scans_.on_outcome(client, exchange, outcome);
    case Asker::kNobody: return;
  }
}

Exchange Workload::on_register() {
  const std::string name = key("r");
  const std::uint64_t draw = chance_.below(100);
  if (draw < 40) return command({"GET", name}, Verb::kGet);
  const std::string text = value();
  if (draw < 65) return command({"SET", name, text}, Verb::kSet, text);
  if (draw < 75) return command({"GETSET", name, text}, Verb::kGetSet, text);
  if (draw < 80) return command({"SETNX", name, text}, Verb::kSetNx, text);
  if (draw < 86) return command({"APPEND", name, text}, Verb::kAppend, text);
  if (draw < 90) return command({"STRLEN", name}, Verb::kStrlen);
  if (draw < 93) return command({"EXISTS", name}, Verb::kExists);
  if (draw < 96) return command({"GETDEL", name}, Verb::kGetDel);
  return command({"DEL", name}, Verb::kDel);
}

Exchange Workload::on_counter() {
  const std::string name = key("c");
  const std::uint64_t draw = chance_.below(100);
  if (draw < 60) return command({"INCR", name}, Verb::kIncr);
  if (draw < 95) return command({"GET", name}, Verb::kGet);
  return command({"DEL", name}, Verb::kDel);
}

Exchange Workload::on_volatile() {
  const std::string name = key("v");
  const std::string ms = std::to_string(chance_.between(1, 3000));
  const std::uint64_t draw = chance_.below(100);
  if (draw < 35) return command({"GET", name}, Verb::kGet);
  if (draw < 60) {
    const std::string text = value();
    return command({"SET", name, text, "PX", ms}, Verb::kSetPx, text);
  }
  if (draw < 70) return command({"PEXPIRE", name, ms}, Verb::kPexpire);
  if (draw < 78) return command({"PERSIST", name}, Verb::kPersist);
  if (draw < 86) return command({"EXISTS", name}, Verb::kExists);
  if (draw < 95) return command({"INCR", "c" + name}, Verb::kIncr);
  return command({"DEL", name}, Verb::kDel);
}

Exchange Workload::on_list(std::size_t client) {
  const std::string token = std::to_string(client) + "-" + std::to_string(next_value_++) + ",";
  Exchange exchange =
      command({"APPEND", "list" + std::to_string(client), token}, Verb::kAppend, token);
  exchange.append_token = token;
  return exchange;
}

Exchange Workload::on_twins() {
  const std::string name = key("t");
  const bool is_read = chance_.percent(50);
  Transaction both;
  for (const char* twin : {"a", "b"})
    both.add({is_read ? "GET" : "INCR", name + twin}, is_read ? Verb::kGet : Verb::kIncr);
  Exchange exchange = both.finish();
  exchange.has_twins = true;
  return exchange;
}

Exchange Workload::transaction() {
  Transaction some;
  const std::int64_t count = chance_.between(1, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    Exchange one = chance_.percent(50) ? on_register() : on_counter();
    const Step& step = one.operations[0].steps[0];
    some.add(std::move(one.commands[0]), step.verb, step.argument);
  }
  return some.finish();
}

Exchange Workload::watch() {
  const std::string name = key("r");
  Exchange exchange;
  exchange.kind = Exchange::Kind::kWatch;
  exchange.commands = {{"WATCH", name}, {"GET", name}};
  exchange.operations.push_back(one_step(name, Verb::kGet));
  return exchange;
}

Exchange Workload::guarded_write(const std::string& name, const std::string& seen) {
  const std::string text = value();
  Transaction guarded;
  guarded.add({"SET", name, text}, Verb::kSet, text);
  Exchange exchange = guarded.finish();
  exchange.is_guarded = true;
  exchange.operations[0].seen = seen;
  return exchange;
}

Exchange Workload::echo() {
  Exchange exchange;
  exchange.kind = Exchange::Kind::kEcho;
  exchange.commands = {{"ECHO", "e" + std::to_string(next_value_++)}};
  return exchange;
}

Exchange Workload::read() {
  const std::uint64_t draw = chance_.below(100);
  if (draw < 50) return command({"GET", key("r")}, Verb::kGet);
  if (draw < 80) return command({"GET", key("c")}, Verb::kGet);
  const std::string name = key("t");
  Transaction both;
  for (const char* twin : {"a", "b"}) both.add({"GET", name + twin}, Verb::kGet);
  Exchange exchange = both.finish();
  exchange.has_twins = true;
  return exchange;
}

// ---- the end ----

FinalReads::FinalReads(std::set<std::string> keys, QueueWork& queues)
    : keys_(std::move(keys)), queues_(queues), pushes_(queues.queues()) {
  for (std::string& inbox : queues.inboxes()) lists_.insert(std::move(inbox));
}

std::optional<Exchange> FinalReads::next(std::size_t) {
  const auto take_one = [this](std::set<std::string>& names) {
    ++under_way_;
    return names.extract(names.begin()).value();
  };
  if (!pushes_.empty()) return queues_.push_last(take_one(pushes_));
  if (!lists_.empty()) return QueueWork::read(take_one(lists_));
  if (!keys_.empty()) return command({"GET", take_one(keys_)}, Verb::kGet);
  return {};
}

void FinalReads::on_outcome(std::size_t, const Exchange& exchange, Outcome outcome) {
  const std::string& name = exchange.commands[0][1];
  const bool is_done = outcome == Outcome::kDone;
  if (exchange.tag == "last") {
    --under_way_;
    queues_.on_pushed_last(exchange, outcome);
    (is_done ? lists_ : pushes_).insert(name);
  } else if (exchange.tag == "left") {
    --under_way_;
    if (is_done) queues_.note_left(exchange);
    if (!is_done) lists_.insert(name);
  } else if (exchange.kind == Exchange::Kind::kCommand && exchange.commands[0][0] == "GET") {
    --under_way_;
    if (!is_done) keys_.insert(name);
  }
}

}  // namespace sim
