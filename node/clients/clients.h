// Everything with a connection: what clients say, and what they are answered. It serves what a
// replica has (node/replica/replica.h), and hears of it as its listener. Thread: service.
//
// Order: the commands of one connection take effect and answer in the order sent (DESIGN section
// 3).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "node/clients/access.h"
#include "node/clients/answers.h"
#include "node/clients/blocked_clients.h"
#include "node/clients/configured_users.h"
#include "node/clients/desk.h"
#include "node/clients/dispatcher.h"
#include "node/clients/evaluator.h"
#include "node/clients/input.h"
#include "node/clients/local_runner.h"
#include "node/clients/maintenance/maintenance.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/output.h"
#include "node/clients/own_writes.h"
#include "node/clients/readers.h"
#include "node/clients/replies.h"
#include "node/clients/routing.h"
#include "node/clients/stalls.h"
#include "node/clients/stop.h"
#include "node/clients/transactions.h"
#include "node/clients/users_file.h"
#include "node/clients/waiting_commands.h"
#include "node/replica/listener.h"

namespace node {

class Clients : public ReplicaListener {
 public:
  // `replica` may be under construction: it is not called before the first input.
  Clients(const ServiceOptions& options, Config& config, Turn& turn, Replica& replica);

  // ---- between turns ----
  [[nodiscard]] Input& input() { return input_; }
  [[nodiscard]] Output& output() { return output_; }
  [[nodiscard]] Stop& stop() { return stop_; }
  [[nodiscard]] OwnWrites& own_writes() { return own_; }
  void on_facts(const ProcessFacts& facts);
  void on_config_rewritten(std::string_view error);
  [[nodiscard]] UsersFile& users_file() { return users_file_; }

  // ---- a turn, in this order ----
  void start();  // the first one: the time is known
  void begin_turn();
  void check_waiting() { waiting_.check(); }
  void receive(FromConsensus& message);
  void serve();  // after entries were applied: whoever can go on does, then commands are taken
  void look_again() { blocked_.look_again(); }
  void tell_others() { news_.tell_others(); }  // before batches leave
  [[nodiscard]] ClientsOutput close_turn();
  [[nodiscard]] bool is_held() const { return desk_.is_held(); }

  // ---- what the replica tells ----
  void on_served(const engine::ServedReply& served) override { blocked_.on_served(served); }
  void on_evidence(base::ConnectionId reader) override {
    news_.tracking().tell_changes();
    answers_.on_evidence(reader);
  }
  void on_reads_lost(bool all) override {
    blocked_.release_readers(all);
    blocked_.unblock_unforwarded();
    news_.tracking().on_lost();
  }
  void on_users_ended(bool all, std::span<const std::string> names) override {
    access_.end_users(all, names);
  }
  void on_users_changed(std::span<const std::string> names) override {
    access_.end_listeners(names);
  }
  void on_engine_replaced() override;
  [[nodiscard]] std::optional<std::uint64_t> wait_of(base::ConnectionId client) const override {
    return blocked_.wait_of(client);
  }
  void on_waits_lost(bool all) override { blocked_.doubt_lost(all); }
  void on_room() override { stalls_.wake_for_batch(); }
  void on_saved(std::string_view error) override;
  void on_reloaded(std::string_view error) override;

 private:
  Desk desk_;
  Stalls stalls_;
  Output output_;
  Replies replies_;
  Notes notes_;
  Access access_;
  News news_;
  Maintenance maintenance_;
  Readers readers_;
  Evaluator evaluator_;
  Routing routing_;
  Answers answers_;
  BlockedClients blocked_;
  WaitingCommands waiting_;
  LocalRunner local_;
  UsersFile users_file_;
  ConfiguredUsers configured_users_;
  Transactions transactions_;
  Dispatcher dispatcher_;
  Input input_;
  OwnWrites own_;
  Stop stop_;
};

}  // namespace node
