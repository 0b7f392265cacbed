// Local commands: running them, what they ask for, and the few that answer later (WAIT, SAVE, DEBUG
// RELOAD, ...).
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::string_view kOk = "+OK\r\n";

}  // namespace

Facilities Service::Machine::facilities() {
  return {.options = options_,
          .config = config_,
          .clocks = clocks_,
          .log_now_ms = log_clock_.now_ms(),
          .engine = engine_,
          .sessions = sessions_,
          .statistics = statistics_,
          .monitoring = monitoring_,
          .pause = client_pause_,
          .process = process_,
          .cluster = cluster_,
          .leadership = leadership_,
          .checkpoint = checkpoint_status_,
          .loading = loading_status_,
          .applied = applied_,
          .lines = out_.lines};
}

void Service::Machine::run_local(Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv, resp::ReplyWriter& reply,
                                 LocalRequests& requests, bool is_in_exec) {
  const LocalCommand* command = find_local_command(spec.name);
  if (command == nullptr) return reply.error("ERR command is not supported yet");
  Facilities node = facilities();
  LocalCall call{.argv = argv,
                 .spec = spec,
                 .session = session,
                 .node = node,
                 .reply = reply,
                 .requests = requests,
                 .is_in_exec = is_in_exec};
  if (options_.command_watch != nullptr) options_.command_watch->on_command(&spec);
  command->run(call);
  // What sleeps behind its turn is still at it.
  const bool is_over = requests.sleep.count() == 0;
  if (options_.command_watch != nullptr && is_over) options_.command_watch->on_command(nullptr);
}

// What the driver or another machine has to do. The reply, if there is one, has been given.
void Service::Machine::carry_out(Session& session, LocalRequests& requests, bool is_in_exec) {
  for (const base::ConnectionId id : requests.kills) {
    if (id == session.id) {
      session.closes_when_sent = true;
      mark_dirty(session);
      end_input(session);
    } else if (Session* victim = sessions_.find(id)) {
      kill(*victim, {});
    }
  }
  if (requests.unblock) unblock_client(requests.unblock->connection, requests.unblock->with_error);
  if (requests.wants_shutdown) out_.wants_shutdown = true;
  if (requests.resets_statistics) engine_.reset_statistics();
  if (requests.active_expiry) is_active_expiry_ = *requests.active_expiry;
  if (requests.unwatches) forget_watch(session);
  if (requests.monitors && !std::exchange(session.is_monitor, true))
    monitors_.push_back(session.id);
  if (requests.saves_in_background && !checkpointer_.is_running()) begin_checkpoint();
  if (client_pause_.until <= clocks_.now) {
    for (const base::ConnectionId id : timed_stalls_) {
      Session* stalled = sessions_.find(id);
      if (stalled != nullptr && stalled->stall == Stall::kPaused) make_ready(*stalled);
    }
  }
  if (requests.config_rewrite) out_.config_rewrite = *requests.config_rewrite;
  out_.sleep += requests.sleep;
  if (!is_in_exec) begin_waiting(session, requests);
}

// Those without a reply yet: their session parses nothing more until they have it.
void Service::Machine::begin_waiting(Session& session, LocalRequests& requests) {
  using Kind = WaitingKind;
  WaitingCommand waiting{.session = session.id, .is_silent = is_silent_};
  if (requests.sleep.count() > 0) {
    waiting.kind = Kind::kSleep;
  } else if (requests.wait) {
    waiting.kind = Kind::kReplicas;
    waiting.replicas = requests.wait->replicas;
    waiting.is_log = requests.wait->is_log;
    waiting.index = session.last_write;
    waiting.has_deadline = requests.wait->timeout_ms > 0;
    waiting.deadline = clocks_.now + base::milliseconds(requests.wait->timeout_ms);
  } else if (requests.cluster) {
    waiting.kind = Kind::kCluster;
    waiting.request = next_cluster_request_++;
    out_.to_consensus.emplace_back(ClusterRequest{
        .group = base::kFirstGroup, .id = waiting.request, .what = std::move(*requests.cluster)});
  } else if (requests.saves) {
    waiting.kind = Kind::kSave;
  } else if (requests.reloads) {
    waiting.kind = Kind::kReload;
  } else if (requests.config_rewrite) {
    waiting.kind = Kind::kConfigRewrite;
  } else {
    return;
  }
  session.stall = Stall::kWaiting;
  waiting_.push_back(waiting);
  if (waiting.kind == Kind::kReplicas) check_waiting();
  if (waiting.kind == Kind::kSave && !checkpointer_.is_running()) begin_checkpoint();
  if (waiting.kind == Kind::kReload) begin_reload();
}

void Service::Machine::end_waiting(const WaitingCommand& waiting, std::string_view reply) {
  Session* session = sessions_.find(waiting.session);
  if (session == nullptr) return;
  is_silent_ = waiting.is_silent;
  literal(*session, reply);
  session->stall = Stall::kNone;
  make_ready(*session);
}

// Sleepers have slept when the next turn begins; WAIT looks at what its replicas have.
void Service::Machine::check_waiting() {
  using Kind = WaitingKind;
  for (std::size_t i = 0; i < waiting_.size();) {
    const WaitingCommand waiting = waiting_[i];
    std::string reply;
    if (waiting.kind == Kind::kSleep) {
      if (out_.sleep.count() == 0) reply = kOk;
    } else if (waiting.kind == Kind::kReplicas) {
      const std::int64_t durable = durable_replicas(cluster_, waiting.index);
      const bool is_over = waiting.has_deadline && waiting.deadline <= clocks_.now;
      resp::ReplyWriter writer(reply, 2);
      const bool is_answered = durable >= waiting.replicas || is_over || !is_leader();
      if (is_answered && waiting.is_log) {
        // What was acknowledged is in this node's log, synced, or in those of a majority.
        writer.array(2);
        writer.integer(1);
      }
      if (is_answered) writer.integer(durable);
      if (waiting.has_deadline) due(waiting.deadline);
    }
    if (reply.empty()) {
      ++i;
      continue;
    }
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    end_waiting(waiting, reply);
  }
}

void Service::Machine::answer_all(WaitingKind kind, std::string_view reply) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].kind != kind) {
      ++i;
      continue;
    }
    const WaitingCommand waiting = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    end_waiting(waiting, reply);
  }
}

void Service::Machine::on_config_rewritten(std::string_view text) {
  std::string reply(kOk);
  if (!text.empty()) {
    reply.clear();
    resp::ReplyWriter(reply, 2).error("ERR Rewriting config file: " + std::string(text));
  }
  answer_all(WaitingKind::kConfigRewrite, reply);
}

// CONFIG SET of replicated settings: elements of the log; the reply comes when the last is applied.
void Service::Machine::propose_settings(Session& session, const LocalRequests& requests,
                                        std::string reply) {
  if (!is_serving_leader()) {
    const PeerView* leader = leader_view();
    return error(session, "ERR replicated settings are set on the leader" +
                              (leader == nullptr ? std::string()
                                                 : ": " + leader->host + ":" +
                                                       std::to_string(leader->client_port)));
  }
  CHECK(!requests.settings.empty());
  for (std::size_t i = 0; i < requests.settings.size(); ++i) {
    batcher_.writer().setting(requests.settings[i].first, requests.settings[i].second);
    if (i + 1 < requests.settings.size()) batcher_.add_nobody();
  }
  const std::uint64_t number = push_write(session, *session.last_command, {});
  session.operations.back().bytes = std::move(reply);
  session.operations.grown();
  batcher_.add_waiter(session, number);
}

}  // namespace node
