#include "tests/sim/client.h"

#include <utility>

#include "tests/sim/violation.h"

namespace sim {
namespace {

void encode(const std::vector<std::string>& words, std::string& bytes) {
  bytes += "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
}

}  // namespace

void Client::tell(const std::string& what) const {
  if (!world_.trace.is_verbose()) return;
  const std::string who = "client" + std::to_string(number_) + "/" + std::to_string(connection_);
  world_.trace.detail(who, what);
}

Client::Client(std::size_t number, HostId host, ClientWorld& world, Chance chance, Habit habit)
    : number_(number),
      host_(host),
      habit_(habit),
      world_(world),
      chance_(chance),
      actor_(world.scheduler, [this] { act(); }),
      patience_most_(chance_.duration(kSecond, 9 * kSecond)),
      hang_up_permille_(static_cast<unsigned>(chance_.between(0, 16))) {}

void Client::set_source(Source* source) {
  source_ = source;
  rest();
}

void Client::act() {
  const Time now = world_.scheduler.now();
  if (must_hang_up_ || (socket_ != 0 && now >= deadline_ && (!is_connected_ || !is_idle())))
    hang_up();
  if (socket_ == 0 && source_ != nullptr) return connect();
  constexpr std::size_t kUnitsWaitingMost = 12;
  const bool may_send = is_connected_ && source_ != nullptr && !has_watch_;
  if (may_send && waiting_.size() < kUnitsWaitingMost) send_pipeline();
  rest();
}

void Client::connect() {
  if (target_.empty()) target_ = draw_target();
  socket_ = world_.network.dial(host_, *this, target_);
  connection_ = socket_;
  reader_ = {};
  replies_.clear();
  cache_.clear();
  has_watch_ = false;
  deadline_ = world_.scheduler.now() + chance_.between(500, 3000) * kMillisecond;
  actor_.wake(deadline_);
}

std::string Client::draw_target() {
  is_at_plain_door_ = habit_ == Habit::kPlain || (says_reads(habit_) && chance_.percent(30));
  const auto addresses = is_at_plain_door_ ? world_.plain_addresses() : world_.addresses;
  return addresses[chance_.below(addresses.size())];
}

void Client::on_connected(SocketId socket) {
  if (socket != socket_) return;
  is_connected_ = true;
  greet();
  rest();
}

void Client::greet() {
  std::string bytes;
  const auto say = [&](std::vector<std::string> words) {
    Exchange hello;
    hello.kind = Exchange::Kind::kHello;
    hello.commands = {std::move(words)};
    send(std::move(hello), bytes);
  };
  const bool is_caching = habit_ == Habit::kCaching;
  if (is_caching || chance_.percent(30)) say({"HELLO", "3"});
  if (is_caching || says_reads(habit_)) say(draw_read_mode());
  if (is_caching) {
    std::vector<std::string> words{"CLIENT", "TRACKING", "ON"};
    if (chance_.percent(30)) words.emplace_back("BCAST");
    say(std::move(words));
  }
  if (habit_ == Habit::kReadOnly) say({"READONLY"});
  if (!bytes.empty()) world_.network.send(socket_, bytes);
}

// Ages are drawn so that state suffices for some and is asked for by the others.
std::vector<std::string> Client::draw_read_mode() {
  if (habit_ == Habit::kLocal) return {"CLIENT", "READS", "LOCAL"};
  if (habit_ != Habit::kBounded)
    return {"CLIENT", "READS", chance_.percent(50) ? "LINEARIZABLE" : "LEASE"};
  const std::int64_t age_ms = chance_.duration(kMillisecond, 2 * kSecond) / kMillisecond;
  age_most_ = age_ms * kMillisecond;
  return {"CLIENT", "READS", "BOUNDED", std::to_string(age_ms)};
}

// ---- out ----

void Client::send_pipeline() {
  const std::int64_t units = chance_.percent(50) ? 1 : chance_.between(2, 8);
  std::string bytes;
  for (std::int64_t i = 0; i < units && !has_watch_; ++i) {
    std::optional<Exchange> exchange = source_->next(number_);
    if (!exchange) break;
    exchange->source = source_;
    exchange->is_stale = is_of_own_state(habit_);
    exchange->age_most = age_most_;
    has_watch_ = exchange->kind == Exchange::Kind::kWatch;
    send(std::move(*exchange), bytes);
  }
  world_.network.send(socket_, bytes);
  if (chance_.permille(hang_up_permille_)) must_hang_up_ = true;  // without waiting for the answers
}

void Client::send(Exchange exchange, std::string& bytes) {
  exchange.connection = connection_;
  exchange.sequence = ++sequence_;
  exchange.sent = world_.scheduler.now();
  for (const auto& command : exchange.commands) encode(command, bytes);
  tell(std::to_string(exchange.sequence) + " asks " + in_words(exchange));
  if (waiting_.empty())
    deadline_ = exchange.sent + chance_.between(700 * kMillisecond, patience_most_);
  waiting_.push_back(std::move(exchange));
}

// ---- in ----

void Client::on_bytes(SocketId socket, std::string_view bytes) {
  if (socket != socket_) return;
  reader_.feed(bytes);
  take_replies();
  DEMAND(!reader_.is_broken(), "the reply stream is broken");
  if (must_hang_up_) actor_.wake(world_.scheduler.now() + 10);
}

void Client::take_replies() {
  while (auto reply = reader_.next()) {
    if (habit_ == Habit::kCaching && reply->type == '>') {
      tell("is told " + canonical(*reply));
      world_.counters.invalidated += cache_.invalidate(*reply);
      continue;
    }
    DEMAND(!waiting_.empty(), "a reply that nothing was asked for: " + canonical(*reply));
    tell(std::to_string(waiting_.front().sequence) + " gets " + canonical(*reply));
    replies_.push_back(std::move(*reply));
    if (replies_.size() < waiting_.front().commands.size()) continue;
    Exchange exchange = std::move(waiting_.front());
    waiting_.pop_front();
    deadline_ = world_.scheduler.now() + chance_.between(700 * kMillisecond, patience_most_);
    settle(std::move(exchange), std::exchange(replies_, {}));
  }
}

void Client::settle(Exchange exchange, const std::vector<resp::Reply>& replies) {
  const Judgement judgement = judge(exchange, replies);
  Counters& counters = world_.counters;
  if (!judgement.moved_to.empty()) ++counters.redirects;
  if (judgement.is_watch_lost) ++counters.lost_watches;
  if (judgement.outcome == Outcome::kUnknown) ++counters.in_doubt;
  record(exchange, judgement.outcome);
  follow(exchange, judgement);
}

void Client::follow(const Exchange& exchange, const Judgement& judgement) {
  DEMAND(judgement.moved_to.empty() || !is_at_plain_door_, "a plain door sent a client away");
  if (!judgement.moved_to.empty()) {
    target_ = habit_ == Habit::kDefault ? judgement.moved_to : std::string();
    must_hang_up_ = true;
  } else if (judgement.outcome == Outcome::kNever && !judgement.is_watch_lost) {
    const unsigned percent = is_at_plain_door_ ? 60 : 20;  // nobody tells it where to go
    if (chance_.percent(percent)) target_.clear(), must_hang_up_ = true;
  }
  if (exchange.kind != Exchange::Kind::kWatch) return;
  has_watch_ = false;
  // A watch that may or may not stand: nothing more is said on this connection.
  if (judgement.outcome != Outcome::kDone || must_hang_up_) return void(must_hang_up_ = true);
  const Operation& read = exchange.operations[0];
  std::string bytes;
  send(world_.workload.guarded_write(read.key, read.steps[0].result), bytes);
  world_.network.send(socket_, bytes);
}

void Client::record(const Exchange& exchange, Outcome outcome) {
  Counters& counters = world_.counters;
  if (exchange.source != nullptr) exchange.source->on_outcome(number_, exchange, outcome);
  if (outcome == Outcome::kDone) ++done_;
  if (exchange.operations.empty()) return;
  if (outcome == Outcome::kDone && !exchange.is_stale)
    newest_done_ = std::max(newest_done_, exchange.sent);
  (outcome == Outcome::kDone      ? counters.operations
   : outcome == Outcome::kUnknown ? counters.unknown
                                  : counters.refused) += 1;
  if (exchange.kind == Exchange::Kind::kExec && outcome == Outcome::kDone) ++counters.transactions;
  if (habit_ == Habit::kLinearizable && outcome == Outcome::kDone) ++counters.follower_reads;
  if (habit_ == Habit::kPlain && outcome == Outcome::kDone) ++counters.plain;
  if (exchange.is_stale) {
    if (outcome == Outcome::kDone) judge_own_state(exchange);
    return;
  }
  if (!exchange.append_token.empty()) {
    const TokenCheck::Fate fate = outcome == Outcome::kDone      ? TokenCheck::Fate::kAcknowledged
                                  : outcome == Outcome::kUnknown ? TokenCheck::Fate::kUnknown
                                                                 : TokenCheck::Fate::kRefused;
    return world_.tokens.add(exchange.operations[0].key, exchange.append_token, exchange.connection,
                             exchange.sequence, fate);
  }
  if (outcome == Outcome::kNever) return;
  for (const Operation& operation : exchange.operations)
    note_in_history(operation, exchange, outcome);
  if (habit_ == Habit::kCaching && outcome == Outcome::kDone) use_cache(exchange);
}

void Client::judge_own_state(const Exchange& exchange) {
  Counters& counters = world_.counters;
  (habit_ == Habit::kBounded ? counters.bounded_reads
   : habit_ == Habit::kLocal ? counters.local_reads
                             : counters.stale_reads) += 1;
  const bool is_any_age = exchange.age_most == Exchange::kAnyAge;
  const Time level_at = is_any_age ? Time{-1} : exchange.sent - exchange.age_most;
  world_.log_reader.on_read(exchange.connection, exchange.operations, level_at);
}

void Client::note_in_history(Operation operation, const Exchange& exchange, Outcome outcome) {
  operation.connection = exchange.connection;
  operation.sequence = exchange.sequence;
  operation.invoked = exchange.sent;
  operation.returned = outcome == Outcome::kDone ? world_.scheduler.now() : Operation::kNever;
  world_.history.add(std::move(operation));
}

// What it kept stands for reads of its own; now and then, for they make the histories longer.
void Client::use_cache(const Exchange& exchange) {
  const Time now = world_.scheduler.now();
  for (const Operation& read : cache_.held(exchange.sent, now)) {
    if (!chance_.percent(40)) continue;
    ++world_.counters.cached_reads;
    note_in_history(read, exchange, Outcome::kDone);
  }
  if (exchange.kind != Exchange::Kind::kCommand) return;
  const Operation& own = exchange.operations[0];
  cache_.keep(own.key, own.steps[0].result, now);
}

// ---- the end of a connection ----

void Client::on_closed(SocketId socket, std::string_view) {
  if (socket != socket_) return;
  socket_ = 0;
  is_connected_ = must_hang_up_ = false;
  target_.clear();
  give_up_waiting();
  rest();
}

void Client::hang_up() {
  must_hang_up_ = false;
  if (socket_ == 0) return;
  world_.network.close(socket_);
  socket_ = 0;
  if (!is_idle()) target_.clear();
  is_connected_ = false;
  give_up_waiting();
}

void Client::give_up_waiting() {
  for (const Exchange& exchange : std::exchange(waiting_, {})) record(exchange, Outcome::kUnknown);
}

}  // namespace sim
