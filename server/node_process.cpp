#include "server/node_process.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "node/node_name.h"
#include "node/peer_hello.h"
#include "persistence/directory.h"
#include "persistence/segment_log.h"
#include "persistence/sqlite_store.h"
#include "server/build_id.h"
#include "server/clock.h"
#include "server/consensus_thread.h"
#include "server/disk_threads.h"
#include "server/service_thread.h"

namespace server {
namespace {

constexpr const char* kVersion = "0.1.0";
constexpr std::uint64_t kBallastBytes = 4ULL << 20;

std::uint64_t random_number() {
  std::uint64_t value = 0;
  while (getrandom(&value, sizeof value, 0) != sizeof value) {
  }
  return value == 0 ? 1 : value;
}

// What start-up finds on the disk.
struct Storage {
  std::unique_ptr<persistence::Directory> directory;
  std::unique_ptr<persistence::FileSystem> files = persistence::posix_file_system();
  std::unique_ptr<persistence::SegmentLog> log;
  std::unique_ptr<persistence::SqliteStore> state;
  persistence::Identity identity;
  std::optional<raft::SnapshotMeta> checkpoint;
  raft::Restored restored;
};

base::Status open_identity(Storage& storage) {
  auto identity = storage.directory->identity();
  if (!identity.ok()) return identity.error();
  storage.identity = identity.value();
  if (!storage.identity.node.is_none()) return base::success();
  storage.identity.node = base::NodeId(random_number());
  return storage.directory->set_identity(storage.identity);
}

base::Status open_storage(const std::string& path, Storage& storage) {
  auto directory = persistence::Directory::open(path);
  if (!directory.ok()) return directory.error();
  storage.directory = std::move(directory).value();
  base::Status status = open_identity(storage);
  if (!status.ok()) return status;
  storage.state = std::make_unique<persistence::SqliteStore>(storage.directory->state_path());
  auto checkpoint = storage.state->open();
  if (!checkpoint.ok()) return checkpoint.error();
  storage.checkpoint = checkpoint.value();
  storage.log = std::make_unique<persistence::SegmentLog>(
      *storage.files, storage.directory->log_path(),
      persistence::SegmentLogOptions{.segment_bytes = 0, .ballast_bytes = kBallastBytes});
  const auto contents = storage.log->open(base::kFirstGroup);
  if (!contents.ok()) return contents.error();
  auto recovered = node::recover(base::kFirstGroup, contents.value(), storage.checkpoint);
  if (!recovered.ok()) return recovered.error();
  storage.restored = std::move(recovered.value().restored);
  if (!recovered.value().repairs.empty()) status = storage.log->append(recovered.value().repairs);
  return status;
}

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

node::Announcement announcement_of(const node::Config& config) {
  const auto announced = [&config](const char* name, const char* otherwise) {
    const std::int64_t value = config.integer(name);
    return static_cast<std::uint16_t>(value != 0 ? value : config.integer(otherwise));
  };
  return {.host = config.text("cluster-announce-ip"),
          .client_port = announced("cluster-announce-port", "port"),
          .raft_port = announced("cluster-announce-bus-port", "raft-port"),
          .hostname = config.text("cluster-announce-hostname")};
}

const MonotonicStopwatch kStopwatch;

node::ServiceOptions service_options(const Storage& storage, std::uint64_t epoch,
                                     const StartedBy& started_by) {
  utsname system{};
  uname(&system);
  node::ServiceOptions options;
  options.self = storage.identity.node;
  options.epoch = epoch;
  options.seed = random_number();
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

node::ConsensusOptions consensus_options(const Storage& storage, std::uint64_t epoch,
                                         const node::Config& config) {
  node::ConsensusOptions options;
  options.self = storage.identity.node;
  options.epoch = epoch;
  options.seed = random_number();
  options.raft_peers = config.list("raft-peers");
  options.announcement = announcement_of(config);
  options.election_timeout_min = base::milliseconds(config.integer("raft-election-timeout"));
  options.heartbeat_interval = base::milliseconds(config.integer("raft-heartbeat-interval"));
  options.restored = storage.restored;
  return options;
}

void say_hello(LogFile& log, const Storage& storage, const node::Config& config) {
  log.notice(std::string("Quorate ") + kVersion + " is starting, process " +
             std::to_string(getpid()) + ", node " + node::short_name(storage.identity.node) +
             ", data in " + storage.directory->path());
  log.notice("clients on port " + config.text("port") +
             (config.hot().cluster_enabled ? " (cluster mode)" : " (standalone mode)") +
             ", peers on port " + config.text("raft-port"));
  if (storage.checkpoint) {
    log.notice("found a checkpoint at log index " +
               std::to_string(storage.checkpoint->index.value()) + " and a log up to " +
               std::to_string(storage.restored.last_index.value()));
  } else if (storage.restored.last_index.value() > 0) {
    log.notice("found a log up to index " + std::to_string(storage.restored.last_index.value()) +
               ", no checkpoint yet");
  }
}

struct SignalHandles {
  uv_signal_t term{}, interrupt{};
  explicit SignalHandles(ServiceThread& service) {
    for (uv_signal_t* handle : {&term, &interrupt}) {
      uv_signal_init(service.loop().uv(), handle);
      handle->data = &service;
    }
    const auto stop = [](uv_signal_t* handle, int) {
      static_cast<ServiceThread*>(handle->data)->ask_to_stop();
    };
    uv_signal_start(&term, stop, SIGTERM);
    uv_signal_start(&interrupt, stop, SIGINT);
  }
  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&term), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&interrupt), nullptr);
  }
};

// While the directory is being opened nothing is under way that a stop would have to finish.
void stop_at_once_when_asked() {
  for (const int number : {SIGTERM, SIGINT}) std::signal(number, [](int) { _exit(0); });
}

// Whoever started it sees it too, once.
int fail(LogFile& log, const node::Config& config, const base::Error& error) {
  log.warning(error.text());
  if (!config.text("logfile").empty())
    std::fprintf(stderr, "quorate-server: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

int run_node(const node::Config& config, const StartedBy& started_by,
             const std::vector<std::string>& warnings) {
  auto opened = LogFile::open(config.text("logfile"), config.text("loglevel"));
  if (!opened.ok()) {
    std::fprintf(stderr, "quorate-server: %s\n", opened.error().text().c_str());
    return 1;
  }
  LogFile& log = *opened.value();
  for (const std::string& warning : warnings) log.warning(warning);
  std::signal(SIGPIPE, SIG_IGN);
  stop_at_once_when_asked();
  raise_file_limit(config.hot().maxclients);
  Storage storage;
  const base::Status status = open_storage(config.text("dir"), storage);
  if (!status.ok()) return fail(log, config, status.error());
  say_hello(log, storage, config);

  const std::uint64_t epoch = random_number();
  Mail mail;
  ServiceThread service(mail, service_options(storage, epoch, started_by), config, log);
  ConsensusThread consensus(mail, consensus_options(storage, epoch, config), log);
  LogThread log_thread(mail, *storage.log, log);
  StateThread state_thread(mail, *storage.state, log);
  const base::Status listening = service.listen();
  if (!listening.ok()) return fail(log, config, listening.error());
  const auto raft_port = static_cast<std::uint16_t>(config.integer("raft-port"));
  const base::Status peers = consensus.listen(config.list("raft-bind"), raft_port);
  const bool is_alone =
      config.list("raft-peers").empty() && storage.restored.snapshot.membership.members.size() <= 1;
  if (!peers.ok() && !is_alone) return fail(log, config, peers.error());
  if (!peers.ok())
    log.warning(peers.error().text() + ": this node can get no peers until that is mended");
  SignalHandles signals(service);
  log_thread.start();
  state_thread.start();
  consensus.start();
  service.run();
  signals.close();
  consensus.stop();
  state_thread.stop();
  log_thread.stop();
  log.notice("stopped; bye");
  return 0;
}

}  // namespace server
