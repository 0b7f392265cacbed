#include "node/clients/clients.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

// What the replica words an error as, as a reply; "OK" if there is none.
std::string reply_of(std::string_view error) {
  return error.empty() ? "+OK\r\n" : "-" + std::string(error) + "\r\n";
}

}  // namespace

Clients::Clients(const ServiceOptions& options, Config& config, Turn& turn, Replica& replica)
    : desk_{.options = options,
            .config = config,
            .turn = turn,
            .replica = replica,
            .accounts = Accounts(commands())},
      stalls_(desk_),
      output_(desk_),
      replies_(desk_, output_),
      notes_(desk_, output_, replies_),
      access_(desk_, output_),
      news_(desk_, output_),
      maintenance_(desk_, news_),
      readers_(desk_),
      evaluator_(desk_, notes_, access_, replies_, readers_, news_),
      routing_(desk_),
      answers_({desk_, stalls_, output_, replies_, notes_, readers_, evaluator_, routing_}),
      blocked_(desk_, replies_, notes_, readers_, answers_),
      waiting_(desk_, stalls_, answers_),
      local_({desk_, stalls_, output_, notes_, access_, news_, answers_, blocked_, waiting_}),
      users_file_({desk_, stalls_, answers_, local_, waiting_}),
      configured_users_(desk_),
      transactions_({desk_, stalls_, output_, notes_, routing_, answers_, local_}),
      dispatcher_({desk_, stalls_, output_, replies_, notes_, access_, news_, routing_, evaluator_,
                   answers_, local_, transactions_}),
      input_({desk_, stalls_, output_, access_, readers_, news_, answers_, dispatcher_}),
      own_({desk_, replies_, notes_, access_, news_, answers_, local_}),
      stop_(desk_, stalls_, blocked_, maintenance_) {
  CHECK(load_configured_users(config, options.users_text, desk_.accounts.configured).ok());
}

void Clients::on_facts(const ProcessFacts& facts) {
  ProcessFacts& process = desk_.process;
  const std::uint64_t startup_bytes =
      process.startup_bytes == 0 ? facts.allocated_bytes : process.startup_bytes;
  process = facts;
  process.startup_bytes = startup_bytes;
  desk_.statistics.peak_memory_bytes =
      std::max(desk_.statistics.peak_memory_bytes, facts.allocated_bytes);
}

void Clients::on_config_rewritten(std::string_view text) {
  std::string reply = "+OK\r\n";
  if (!text.empty()) {
    reply.clear();
    resp::ReplyWriter(reply, 2).error("ERR Rewriting config file: " + std::string(text));
  }
  waiting_.answer_all(WaitingCommands::Kind::kConfigRewrite, reply);
}

void Clients::start() { notes_.start(); }

void Clients::begin_turn() {
  notes_.refresh();
  output_.refresh_limits();
}

void Clients::receive(FromConsensus& message) {
  news_.receive(message);
  if (const auto* begun = std::get_if<TransferBegun>(&message)) maintenance_.on(*begun);
  if (const auto* done = std::get_if<TransferDone>(&message)) {
    maintenance_.on(*done);
    stop_.on(*done);
  }
  if (const auto* done = std::get_if<ClusterRequestDone>(&message)) waiting_.on(*done);
  if (const auto* progress = std::get_if<Progress>(&message)) waiting_.on(*progress);
}

void Clients::on_engine_replaced() {
  readers_.watch_anew();
  news_.tracking().on_lost();
  access_.end_lost();
}

void Clients::serve() {
  news_.tracking().tell_changes();  // all that was applied comes before what is read now
  configured_users_.tend();
  answers_.check_follower_reads();
  if (desk_.replica.take_news()) {
    answers_.revisit_all();
    waiting_.check();
  }
  stalls_.wake_timed();
  answers_.go_on_with_read();
  maintenance_.advance();
  stop_.advance();
  if (stop_.takes_commands()) input_.parse_ready();
}

ClientsOutput Clients::close_turn() {
  if (notes_.measure_second()) output_.close_idle();
  output_.check_soft_limits();
  output_.tell_driver();
  desk_.scratch.release();
  // Their answers are given in the next turn.
  const bool answers_later = desk_.out.sleep.count() > 0 || desk_.out.config_rewrite ||
                             desk_.out.users_to_save || desk_.out.wants_users_file;
  if (answers_later || (stalls_.ready_count() > 0 && stop_.takes_commands()))
    desk_.turn.due(desk_.turn.now());
  return std::exchange(desk_.out, {});
}

void Clients::on_saved(std::string_view error) {
  waiting_.answer_all(WaitingCommands::Kind::kSave, reply_of(error));
}

void Clients::on_reloaded(std::string_view error) {
  waiting_.answer_all(WaitingCommands::Kind::kReload, reply_of(error));
}

}  // namespace node
