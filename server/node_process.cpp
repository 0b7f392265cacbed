#include "server/node_process.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "engine/elements/describe.h"
#include "node/clients/commands/registry.h"
#include "node/messages/node_name.h"
#include "node/peers/hello.h"
#include "server/applying_page.h"
#include "server/build_id.h"
#include "server/clock.h"
#include "server/consensus_thread.h"
#include "server/disk_threads.h"
#include "server/node_storage.h"
#include "server/running_command.h"
#include "server/service_thread.h"
#include "server/signals.h"
#include "server/users_file.h"

namespace server {
namespace {

constexpr const char* kVersion = "0.1.0";

void raise_file_limit(std::uint64_t clients) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = clients + 128;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  if (limit.rlim_max < wanted) limit.rlim_max = wanted;
  setrlimit(RLIMIT_NOFILE,
            &limit);  // without the right to raise it, accept() fails later and says so
}

const MonotonicStopwatch kStopwatch;

node::ServiceOptions service_options(const NodeStorage& storage, std::uint64_t epoch,
                                     const StartedBy& started_by) {
  utsname system{};
  uname(&system);
  node::ServiceOptions options;
  options.self = storage.identity.node;
  options.epoch = epoch;
  options.seed = random_number();
  for (int i = 0; i < 4; ++i) options.secret += std::to_string(random_number()) + ".";
  options.checkpoint = storage.checkpoint;
  options.run_id = node::node_name(base::NodeId(epoch));
  options.version = kVersion;
  options.build_id = build_id();
  options.process_id = static_cast<std::uint64_t>(getpid());
  options.executable = started_by.executable;
  options.config_file = started_by.config_file;
  options.os = std::string(system.sysname) + " " + system.release + " " + system.machine;
  options.compiler = __VERSION__;
  options.stopwatch = &kStopwatch;
  return options;
}

node::ConsensusOptions consensus_options(const NodeStorage& storage, std::uint64_t epoch,
                                         const node::Config& config) {
  node::ConsensusOptions options;
  options.self = storage.identity.node;
  options.epoch = epoch;
  options.seed = random_number();
  options.raft_peers = config.list("raft-peers");
  options.announcement = node::announcement_of(config);
  options.election_timeout_min = base::milliseconds(config.integer("raft-election-timeout"));
  options.heartbeat_interval = base::milliseconds(config.integer("raft-heartbeat-interval"));
  options.catch_up_bytes_max = static_cast<std::uint64_t>(config.integer("raft-catchup-log-max"));
  options.service_timeout = base::milliseconds(config.integer("raft-service-timeout"));
  options.uses_leases = config.text("read-mode") == "lease";
  options.clock_drift_percent_max = config.integer("raft-clock-drift-max");
  options.wants_vote = config.flag("raft-voter");
  options.restored = storage.restored;
  options.identity = storage.identity;
  options.promises = storage.promises;
  options.is_cluster_enabled = config.hot().cluster_enabled;
  return options;
}

// ", plain-port 7002", or nothing if there is no such door.
std::string door_text(const node::Config& config, const std::string& directive) {
  if (config.integer(directive) == 0) return {};
  return ", " + directive + " " + config.text(directive);
}

void say_hello(LogFile& log, const NodeStorage& storage, const node::Config& config) {
  log.notice(std::string("Quorate ") + kVersion + " is starting, process " +
             std::to_string(getpid()) + ", node " + node::short_name(storage.identity.node) +
             ", data in " + storage.directory->path());
  log.notice("clients on port " + config.text("port") +
             (config.hot().cluster_enabled ? " (cluster mode)" : " (standalone mode)") +
             door_text(config, "plain-port") + door_text(config, "sentinel-port") +
             ", peers on port " + config.text("raft-port"));
  if (storage.is_removed()) {
    log.warning("this node was removed from cluster " +
                node::cluster_name(storage.identity.cluster) +
                ": it serves nothing until CLUSTER MEET");
  } else if (storage.checkpoint) {
    log.notice("found a checkpoint at log index " +
               std::to_string(storage.checkpoint->index.value()) + " and a log up to " +
               std::to_string(storage.restored.last_index.value()));
  } else if (storage.restored.last_index.value() > 0) {
    log.notice("found a log up to index " + std::to_string(storage.restored.last_index.value()) +
               ", no checkpoint yet");
  }
}

// Whoever started it sees it too, once.
void fail(LogFile& log, const node::Config& config, const base::Error& error) {
  log.warning(error.text());
  if (!config.text("logfile").empty())
    std::fprintf(stderr, "quorate-server: %s\n", error.text().c_str());
}

enum class End { kStopped, kReborn, kFailed };

// What the entry's element is, as far as the log still has it.
std::string describe_element(NodeStorage& storage, const ApplyingPage& page) {
  const base::LogIndex index(page.died_index());
  const auto entries = storage.log->read(base::kFirstGroup, index, index, 1);
  if (!entries.ok() || entries.value().empty()) return "an element that is not in the log any more";
  engine::BatchReader reader(entries.value()[0]->payload);
  engine::Element element;
  for (std::uint64_t i = 0; i <= page.died_element(); ++i) {
    if (!reader.next(element)) return "something that is no command";
  }
  return engine::describe(node::commands(), element);
}

// A node that died twice at one place does not try a third time, unless that place is left out now.
base::Status check_deaths(const node::Config& config, NodeStorage& storage, ApplyingPage& page) {
  if (page.deaths() < ApplyingPage::kDeathsMax || storage.is_removed()) return base::success();
  const auto skipped = node::parse_skipped_entry(config.text("raft-skip-entry"));
  if (skipped && skipped->leaves_out(page.died_index(), page.died_element())) {
    page.forget_deaths();
    return base::success();
  }
  const std::string place =
      std::to_string(page.died_index()) + ":" + std::to_string(page.died_element());
  return base::Error{.cause = base::Cause::kInvalid,
                     .operation = "apply log entry",
                     .object = place,
                     .detail = "this node has died " + std::to_string(page.deaths()) +
                               " times while it applied " + describe_element(storage, page) +
                               ". Start all nodes with --raft-skip-entry " + place +
                               " to leave it out, or remove " + storage.directory->path() +
                               "/applying to let this node try again"};
}

// One life of this node: until it is told to stop, or begins the next one (CLUSTER MEET).
End live(node::Config& config, const StartedBy& started_by, LogFile& log, Signals& signals,
         std::vector<KeptListener>& listeners) {
  NodeStorage storage;
  base::Status status = open_storage(config, log, storage);
  if (!status.ok()) return fail(log, config, status.error()), End::kFailed;
  say_hello(log, storage, config);
  auto opened = ApplyingPage::open(storage.directory->path());
  if (!opened.ok()) log.warning(opened.error().text());
  const std::unique_ptr<ApplyingPage> page = opened.ok() ? std::move(opened).value() : nullptr;
  if (page != nullptr) status = check_deaths(config, storage, *page);
  if (!status.ok()) return fail(log, config, status.error()), End::kFailed;
  const std::uint64_t epoch = random_number();
  Mail mail;
  RunningCommand running;
  node::ServiceOptions options = service_options(storage, epoch, started_by);
  options.command_watch = &running;
  auto users_text = read_users_file(config);
  if (!users_text.ok()) return fail(log, config, users_text.error()), End::kFailed;
  options.users_text = std::move(users_text).value();
  ServiceThread service(mail, std::move(options), config, log, page.get());
  ConsensusThread consensus(mail, consensus_options(storage, epoch, config), log,
                            *storage.directory, running, [&service] { service.ask_to_restart(); });
  const std::string& path = storage.directory->path();
  LogThread log_thread(mail, *storage.log, log, config.hot().sync_policy, path);
  // A thread that must not wait for the disk for the sake of others does not write.
  mail.log.set_visit([&] { return consensus.is_alone() && log_thread.visit(); });
  StateThread state_thread(mail, *storage.state, log, path);
  status = listeners.empty() ? service.listen() : service.listen_again(listeners);
  if (!status.ok()) return fail(log, config, status.error()), End::kFailed;
  const auto raft_port = static_cast<std::uint16_t>(config.integer("raft-port"));
  const base::Status peers = consensus.listen(config.list("raft-bind"), raft_port);
  const bool is_alone = config.list("raft-peers").empty() && config.flag("raft-voter") &&
                        storage.identity.join.empty() &&
                        storage.restored.snapshot.membership.members.size() <= 1;
  if (!peers.ok() && !is_alone) return fail(log, config, peers.error()), End::kFailed;
  if (!peers.ok())
    log.warning(peers.error().text() + ": this node can get no peers until that is mended");
  signals.tell([&service] { service.ask_to_stop(); });
  if (!storage.is_removed()) {
    log_thread.start();
    state_thread.start();
  }
  consensus.start();
  service.run();
  signals.tell(nullptr);
  consensus.stop();
  if (!storage.is_removed()) {
    state_thread.stop();
    log_thread.stop();
  }
  if (!service.wants_restart()) return End::kStopped;
  listeners = service.keep_listeners();
  config = service.config();
  return End::kReborn;
}

}  // namespace

int run_node(const node::Config& first_config, const StartedBy& started_by,
             const std::vector<std::string>& warnings) {
  Signals signals;
  node::Config config = first_config;
  auto opened = LogFile::open(config.text("logfile"), config.text("loglevel"));
  if (!opened.ok()) {
    std::fprintf(stderr, "quorate-server: %s\n", opened.error().text().c_str());
    return 1;
  }
  LogFile& log = *opened.value();
  for (const std::string& warning : warnings) log.warning(warning);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit(config.hot().maxclients);
  std::vector<KeptListener> listeners;  // clients that come meanwhile wait in their queues
  End end = End::kReborn;
  while (end == End::kReborn) {
    // While the directory is being opened nothing is under way that a stop would have to finish.
    signals.tell([] { _exit(0); });
    end = live(config, started_by, log, signals, listeners);
  }
  if (end == End::kFailed) return 1;
  log.notice("stopped; bye");
  return 0;
}

}  // namespace server
