// A client of the cluster: connects to a node, sends pipelines of real RESP in slices of any size,
// reads the replies, goes where MOVED points, and gives a connection up that does not answer. What
// it learns of each unit goes into the history.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/actor.h"
#include "tests/sim/cache.h"
#include "tests/sim/counters.h"
#include "tests/sim/log_reader.h"
#include "tests/sim/network.h"
#include "tests/sim/token_check.h"
#include "tests/sim/trace.h"
#include "tests/sim/workload.h"

namespace sim {

// What clients share.
// What a client says first on each connection, and what its reads mean.
enum class Habit : std::uint8_t {
  kDefault,
  kPlain,  // by a plain door: no node sends it elsewhere
  // Those that follow only read.
  kLinearizable,  // CLIENT READS LINEARIZABLE or LEASE, of any node
  kCaching,       // CLIENT TRACKING ON besides it
  kReadOnly,      // READONLY: a follower's own state
  kBounded,       // CLIENT READS BOUNDED, of any node
  kLocal,         // CLIENT READS LOCAL, of any node
};

[[nodiscard]] constexpr bool may_write(Habit habit) {
  return habit == Habit::kDefault || habit == Habit::kPlain;
}

// By either door, and no node sends it elsewhere.
[[nodiscard]] constexpr bool says_reads(Habit habit) {
  return habit == Habit::kLinearizable || habit == Habit::kBounded || habit == Habit::kLocal;
}
[[nodiscard]] constexpr bool is_of_own_state(Habit habit) {
  return habit == Habit::kReadOnly || habit == Habit::kBounded || habit == Habit::kLocal;
}

struct ClientWorld {
  Scheduler& scheduler;
  Network& network;
  History& history;
  TokenCheck& tokens;
  Counters& counters;
  Workload& workload;
  const Trace& trace;
  LogReader& log_reader;
  std::vector<std::string> addresses = {};                              // of the nodes
  std::function<std::vector<std::string>()> plain_addresses = nullptr;  // of the members
};

class Client final : public Party {
 public:
  Client(std::size_t number, HostId host, ClientWorld& world, Chance chance,
         Habit habit = Habit::kDefault);

  // Where its commands come from; null: it finishes what is under way and falls silent.
  void set_source(Source* source);
  void set_pace(Time think_most) { think_most_ = think_most; }
  [[nodiscard]] bool is_idle() const { return waiting_.empty(); }
  // Units that were carried out, ever.
  [[nodiscard]] std::uint64_t done() const { return done_; }
  // When the latest unit was sent that touched keys and was carried out (not counting READONLY
  // reads).
  [[nodiscard]] Time newest_done() const { return newest_done_; }

  void on_accepted(SocketId, const std::string&) override {}
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

 private:
  void act();
  void connect();
  [[nodiscard]] std::string draw_target();
  void greet();
  [[nodiscard]] std::vector<std::string> draw_read_mode();
  void send_pipeline();
  void send(Exchange exchange, std::string& bytes);
  void take_replies();
  void settle(Exchange exchange, const std::vector<resp::Reply>& replies);
  void record(const Exchange& exchange, Outcome outcome);
  void judge_own_state(const Exchange& exchange);
  void note_in_history(Operation operation, const Exchange& exchange, Outcome outcome);
  void use_cache(const Exchange& exchange);
  void follow(const Exchange& exchange, const Judgement& judgement);
  void tell(const std::string& what) const;
  void hang_up();
  void give_up_waiting();
  void rest() { actor_.wake(world_.scheduler.now() + chance_.duration(100, think_most_)); }

  const std::size_t number_;
  const HostId host_;
  const Habit habit_;
  ClientWorld& world_;
  Chance chance_;
  Actor actor_;
  Source* source_ = nullptr;
  Time think_most_ = 100 * kMillisecond;

  SocketId socket_ = 0;
  bool is_connected_ = false, has_watch_ = false, must_hang_up_ = false;
  std::string target_;
  bool is_at_plain_door_ = false;
  Time age_most_ = Exchange::kAnyAge;  // of this connection's reads
  resp::ReplyReader reader_;
  std::deque<Exchange> waiting_;
  std::vector<resp::Reply> replies_;  // of the first of them
  Time deadline_ = 0;
  Time patience_most_;         // how long it waits for an answer
  unsigned hang_up_permille_;  // behind a pipeline, without waiting for the answers
  std::uint64_t connection_ = 0, sequence_ = 0, done_ = 0;
  Time newest_done_ = 0;
  Cache cache_;
};

}  // namespace sim
