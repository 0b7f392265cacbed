// Local commands: running them, what they ask for, and the few that answer later (WAIT, SAVE, DEBUG
// RELOAD, ...).
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "node/config/directive.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::string_view kOk = "+OK\r\n";
// Milliseconds: longer than anything lasts, and no clock overflows.
constexpr std::int64_t kAges = std::int64_t{1} << 40;

}  // namespace

Facilities Service::Machine::facilities() {
  return {.options = options_,
          .config = config_,
          .clocks = clocks_,
          .log_now_ms = log_clock_.now_ms(),
          .engine = engine_,
          .sessions = sessions_,
          .broker = broker_,
          .tracking = tracking_,
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
                                 LocalRequests& requests, bool is_in_exec, bool is_in_log) {
  if (spec.local == nullptr) return reply.error("ERR command is not supported yet");
  Facilities node = facilities();
  LocalCall call{.argv = argv,
                 .spec = spec,
                 .session = session,
                 .node = node,
                 .reply = reply,
                 .requests = requests,
                 .is_in_exec = is_in_exec,
                 .is_in_log = is_in_log};
  if (options_.command_watch != nullptr) options_.command_watch->on_command(&spec);
  spec.local(call);
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
    waiting.deadline = clocks_.now + base::milliseconds(std::min(requests.wait->timeout_ms, kAges));
    waiting.request = next_progress_++;
    out_.to_consensus.emplace_back(
        WatchProgress{.group = base::kFirstGroup, .id = waiting.request, .index = waiting.index});
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

// What WAIT counts is what consensus knew when it was asked, or knows since.
void Service::Machine::on(const Progress& message) {
  progress_ = message.id;
  for (const auto& [id, match] : message.matches) {
    for (PeerView& peer : cluster_.peers) {
      if (peer.id == id) peer.match = match;
    }
  }
  check_waiting();
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
      const bool has_enough = progress_ >= waiting.request && durable >= waiting.replicas;
      const bool is_answered = has_enough || is_over || !is_leader();
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

// CONFIG SET of replicated settings: elements of the log; the reply comes when the last is applied,
// and with it those of this node that were given besides. Until then nothing has changed.
void Service::Machine::propose_settings(Session& session, LocalRequests& requests,
                                        std::string reply) {
  if (!is_serving_leader()) return refuse_settings(session);
  CHECK(!requests.settings.empty());
  for (std::size_t i = 0; i < requests.settings.size(); ++i) {
    batcher_.writer().setting(requests.settings[i].name, requests.settings[i].value);
    if (i + 1 < requests.settings.size()) batcher_.add_nobody();
  }
  const std::uint64_t number = push_write(session, *session.last_command, {});
  Operation& operation = session.operations.back();
  operation.bytes = std::move(reply);
  operation.own_settings =
      std::make_unique<std::vector<Config::Change>>(std::move(requests.own_settings));
  session.operations.grown();
  batcher_.add_waiter(session, number);
}

void Service::Machine::refuse_settings(Session& session) {
  const PeerView* leader = leader_view();
  error(session,
        "ERR replicated settings are set on the leader" +
            (leader == nullptr ? std::string()
                               : ": " + leader->host + ":" + std::to_string(leader->client_port)));
}

void Service::Machine::adopt_own_settings(const std::vector<Config::Change>& settings) {
  config_.adopt(settings);
  refresh_monitoring();
  announce_again();
}

// The log's values rule: this node's table shows them, and CONFIG REWRITE writes them.
void Service::Machine::follow_settings() {
  std::vector<Config::Change> changes;
  for (const Directive& directive : all_directives()) {
    const std::string name(directive.name);
    if ((directive.traits & kReplicated) == 0 || !directive.canonical.empty()) continue;
    std::optional<std::string> value = engine_.setting(name);
    if (value && *value != config_.text(name)) changes.push_back({name, std::move(*value), true});
  }
  config_.adopt(changes);
}

}  // namespace node
