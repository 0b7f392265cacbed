#include "node/clients/waiting_commands.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace node {
namespace {

constexpr std::string_view kOk = "+OK\r\n";
// Milliseconds: longer than anything lasts, and no clock overflows.
constexpr std::int64_t kAges = std::int64_t{1} << 40;

}  // namespace

void WaitingCommands::begin(Session& session, LocalRequests& requests) {
  Waiting waiting{.session = session.id, .is_silent = answers_.is_silent()};
  if (!fill_in(waiting, session, requests)) return;
  session.parsing.stop(Stall::kWaiting);
  waiting_.push_back(waiting);
  Checkpoints& checkpoints = replica_.checkpoints();
  if (waiting.kind == Kind::kReplicas) check();
  if (waiting.kind == Kind::kSave && !checkpoints.is_running()) checkpoints.begin();
  if (waiting.kind == Kind::kReload) checkpoints.begin_reload();
}

bool WaitingCommands::fill_in(Waiting& waiting, const Session& session, LocalRequests& requests) {
  if (requests.sleep.count() > 0) {
    waiting.kind = Kind::kSleep;
  } else if (requests.wait) {
    wait_for_replicas(waiting, session, *requests.wait);
  } else if (requests.cluster) {
    waiting.kind = Kind::kCluster;
    waiting.request = next_cluster_request_++;
    desk_.turn.to_consensus.emplace_back(ClusterRequest{
        .group = replica_.group(), .id = waiting.request, .what = std::move(*requests.cluster)});
  } else if (requests.saves) {
    waiting.kind = Kind::kSave;
  } else if (requests.reloads) {
    waiting.kind = Kind::kReload;
  } else if (requests.config_rewrite) {
    waiting.kind = Kind::kConfigRewrite;
  } else if (requests.saves_users || requests.loads_users) {
    waiting.kind = requests.saves_users ? Kind::kUsersSaved : Kind::kUsersLoaded;
  } else {
    return false;
  }
  return true;
}

void WaitingCommands::wait_for_replicas(Waiting& waiting, const Session& session,
                                        const LocalRequests::Wait& wait) {
  waiting.kind = Kind::kReplicas;
  waiting.replicas = wait.replicas;
  waiting.is_log = wait.is_log;
  waiting.index = session.last_write;
  waiting.has_deadline = wait.timeout_ms > 0;
  waiting.deadline = desk_.turn.now() + base::milliseconds(std::min(wait.timeout_ms, kAges));
  waiting.request = next_progress_++;
  desk_.turn.to_consensus.emplace_back(
      WatchProgress{.group = replica_.group(), .id = waiting.request, .index = waiting.index});
}

void WaitingCommands::end(std::size_t place, std::string_view reply) {
  CHECK(place < waiting_.size());
  const Waiting waiting = waiting_[place];
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(place));
  Session* session = desk_.sessions.find(waiting.session);
  if (session == nullptr) return;
  answers_.set_silent(waiting.is_silent);
  answers_.literal(*session, reply);
  session->parsing.go_on();
  stalls_.make_ready(*session);
}

void WaitingCommands::check() {
  for (std::size_t i = 0; i < waiting_.size();) {
    const std::string reply = reply_to(waiting_[i]);
    if (reply.empty()) {
      ++i;
    } else {
      end(i, reply);
    }
  }
}

std::string WaitingCommands::reply_to(const Waiting& waiting) {
  if (waiting.kind == Kind::kSleep && desk_.out.sleep.count() == 0) return std::string(kOk);
  if (waiting.kind != Kind::kReplicas) return {};
  const std::int64_t durable =
      durable_replicas(replica_.cluster(), waiting.index, replica_.terms().is_leader());
  const bool is_over = waiting.has_deadline && waiting.deadline <= desk_.turn.now();
  const bool has_enough = progress_ >= waiting.request && durable >= waiting.replicas;
  if (waiting.has_deadline) desk_.turn.due(waiting.deadline);
  if (!has_enough && !is_over && replica_.terms().is_leader()) return {};
  std::string reply;
  resp::ReplyWriter writer(reply, 2);
  if (waiting.is_log) {
    // What was acknowledged is in this node's log, synced, or in those of a majority.
    writer.array(2);
    writer.integer(1);
  }
  writer.integer(durable);
  return reply;
}

void WaitingCommands::answer_all(Kind kind, std::string_view reply) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].kind != kind) {
      ++i;
    } else {
      end(i, reply);
    }
  }
}

std::vector<WaitingCommands::Asked> WaitingCommands::take(Kind kind) {
  std::vector<Asked> taken;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.kind == kind) taken.push_back({waiting.session, waiting.is_silent});
    return waiting.kind == kind;
  });
  return taken;
}

void WaitingCommands::on(const Progress& message) {
  progress_ = message.id;
  check();
}

void WaitingCommands::on(const ClusterRequestDone& message) {
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].kind != Kind::kCluster || waiting_[i].request != message.id) continue;
    return end(i, message.error.empty() ? std::string(kOk) : "-" + message.error + "\r\n");
  }
}

}  // namespace node
