#include "node/clients/local_runner.h"

#include <utility>

#include "base/check.h"
#include "node/clients/announcement.h"
#include "node/clients/proposing.h"
#include "node/clients/watch.h"

namespace node {

LocalRunner::LocalRunner(const Parts& parts)
    : desk_(parts.desk),
      replica_(parts.desk.replica),
      stalls_(parts.stalls),
      output_(parts.output),
      notes_(parts.notes),
      access_(parts.access),
      news_(parts.news),
      answers_(parts.answers),
      blocked_(parts.blocked),
      waiting_(parts.waiting) {}

Facilities LocalRunner::facilities(const Session& session) {
  const bool has_leader = !replica_.terms().leadership().leader.is_none();
  const base::Duration leaderless = desk_.turn.now() - replica_.terms().leaderless_since();
  return {.options = desk_.options,
          .config = desk_.config,
          .clocks = desk_.turn.clocks,
          .log_now_ms = replica_.now_ms(),
          .engine = replica_.engine(),
          .sessions = desk_.sessions,
          .broker = news_.broker_of(session),
          .tracking = news_.tracking(),
          .statistics = desk_.statistics,
          .monitoring = notes_.monitoring(),
          .accounts = desk_.accounts,
          .pause = desk_.pause,
          .process = desk_.process,
          .cluster = replica_.cluster(),
          .leadership = replica_.terms().leadership(),
          .leaderless_for = has_leader ? base::Duration{} : leaderless,
          .checkpoint = replica_.checkpoints().status(),
          .loading = replica_.loading(),
          .shortage = replica_.memory().shortage(),
          .applied = replica_.applied(),
          .lines = desk_.turn.lines};
}

void LocalRunner::run(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                      resp::ReplyWriter& reply, LocalRequests& requests, Place place) {
  if (spec.local == nullptr) return reply.error("ERR command is not supported yet");
  if (place != Place::kAlone) {
    const std::string why_not = access_.judge(session, spec, argv, engine::users::Where::kMulti);
    if (!why_not.empty()) return reply.error(why_not);
  }
  Facilities node = facilities(session);
  LocalCall call{.argv = argv,
                 .spec = spec,
                 .session = session,
                 .node = node,
                 .reply = reply,
                 .requests = requests,
                 .is_in_exec = place != Place::kAlone,
                 .is_in_log = place == Place::kInLog};
  if (desk_.options.command_watch != nullptr) desk_.options.command_watch->on_command(&spec);
  spec.local(call);
  // What sleeps behind its turn is still at it.
  const bool is_over = requests.sleep.count() == 0;
  if (desk_.options.command_watch != nullptr && is_over)
    desk_.options.command_watch->on_command(nullptr);
}

void LocalRunner::carry_out(Session& session, LocalRequests& requests, bool is_in_exec) {
  kill_all(session, requests.kills);
  if (requests.unblock)
    blocked_.unblock(requests.unblock->connection, requests.unblock->with_error);
  if (requests.wants_shutdown) desk_.out.wants_shutdown = true;
  if (requests.resets_statistics) replica_.reset_statistics();
  if (requests.active_expiry) replica_.sweeper().set_active(*requests.active_expiry);
  if (requests.unwatches) forget_watch(session, replica_);
  if (requests.monitors) notes_.add_monitor(session);
  if (requests.saves_in_background && !replica_.checkpoints().is_running())
    replica_.checkpoints().begin();
  stalls_.wake_if_unpaused();
  if (requests.config_rewrite) desk_.out.config_rewrite = *requests.config_rewrite;
  if (requests.saves_users) desk_.out.users_to_save = desk_.users().describe();
  if (requests.loads_users) desk_.out.wants_users_file = true;
  desk_.out.sleep += requests.sleep;
  if (!is_in_exec) waiting_.begin(session, requests);
}

// The caller itself: after its reply.
void LocalRunner::kill_all(Session& session, const std::vector<base::ConnectionId>& victims) {
  for (const base::ConnectionId id : victims) {
    if (id == session.id) {
      output_.close_when_sent(session);
      session.input.end();
    } else if (Session* victim = desk_.sessions.find(id)) {
      output_.kill(*victim, {});
    }
  }
}

void LocalRunner::propose_settings(Session& session, LocalRequests& requests, std::string reply) {
  if (!may_propose(session, replica_)) return refuse_settings(session);
  CHECK(!requests.settings.empty());
  for (std::size_t i = 0; i < requests.settings.size(); ++i) {
    replica_.proposals().writer().setting(requests.settings[i].name, requests.settings[i].value);
    if (i + 1 < requests.settings.size()) replica_.proposals().add_nobody();
  }
  const std::uint64_t number = answers_.push_write(session, *session.last_command, {});
  Operation& operation = session.operations.back();
  operation.bytes = std::move(reply);
  operation.own_settings =
      std::make_unique<std::vector<Config::Change>>(std::move(requests.own_settings));
  session.operations.grown();
  replica_.proposals().add_waiter(session, number);
}

void LocalRunner::refuse_settings(Session& session) {
  const PeerView* leader = replica_.leader_elsewhere();
  std::string text = "ERR replicated settings are set on the leader";
  if (leader != nullptr) text += ": " + leader->host + ":" + std::to_string(leader->client_port);
  answers_.error(session, text);
}

void LocalRunner::adopt_own_settings(const std::vector<Config::Change>& settings) {
  desk_.config.adopt(settings);
  notes_.refresh();
  announce_again();
}

void LocalRunner::on_settings_changed() {
  notes_.refresh();
  output_.refresh_limits();
  announce_again();
}

void LocalRunner::announce_again() {
  desk_.turn.to_consensus.emplace_back(
      Announce{.group = replica_.group(), .announcement = announcement_of(desk_.config)});
}

}  // namespace node
