#include "server/node_storage.h"

#include <sys/random.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace server {
namespace {

constexpr std::uint64_t kBallastBytes = 4ULL << 20;

// Another one after each start of the machine.
std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id.substr(0, persistence::kBootIdBytesMax);
}

// 0: as ever. The tests of failpoints want several without writing gigabytes.
std::uint64_t segment_bytes() {
#ifdef QUORATE_FAILPOINTS
  const char* text = std::getenv("QUORATE_SEGMENT_BYTES");
  if (text != nullptr) return std::strtoull(text, nullptr, 10);
#endif
  return 0;
}

void make_storages(NodeStorage& storage, bool is_log_expected) {
  storage.state = std::make_unique<persistence::SqliteStore>(storage.directory->state_path());
  storage.log = std::make_unique<persistence::SegmentLog>(
      *storage.files, storage.directory->log_path(),
      persistence::SegmentLogOptions{.segment_bytes = segment_bytes(),
                                     .ballast_bytes = kBallastBytes,
                                     .boot_id = boot_id(),
                                     .salt = random_number(),
                                     .is_expected = is_log_expected});
}

base::Status open_log(NodeStorage& storage, node::SyncPolicy policy) {
  const auto contents = storage.log->open(base::kFirstGroup);
  if (!contents.ok()) return contents.error();
  auto recovered = node::recover(base::kFirstGroup, contents.value(), storage.checkpoint);
  if (!recovered.ok()) return recovered.error();
  storage.restored = std::move(recovered.value().restored);
  storage.promises = contents.value().remembered;
  base::Status status = base::success();
  if (!recovered.value().repairs.empty()) status = storage.log->append(recovered.value().repairs);
  if (!status.ok() || policy != node::SyncPolicy::kAlways) return status;
  status = storage.log->mark_clean();  // an earlier run may have had another policy
  return !status.ok() && status.error().cause == base::Cause::kNoSpace ? base::success() : status;
}

// The identity is written last: with it, the log's note and what it names must be there.
base::Status name_new_node(NodeStorage& storage) {
  const raft::Restored& found = storage.restored;
  if (!found.last_index.is_none() || !found.snapshot.membership.members.empty()) {
    return base::Error{.cause = base::Cause::kCorrupt,
                       .operation = "read identity",
                       .object = storage.directory->path() + "/identity",
                       .detail = "it is missing, but there is a log"};
  }
  storage.identity.node = base::NodeId(random_number());
  return storage.directory->set_identity(storage.identity);
}

base::Status end_rebirth(NodeStorage& storage) {
  storage.identity.standing = storage.identity.join.empty() ? persistence::Standing::kUsual
                                                            : persistence::Standing::kJoining;
  return storage.directory->set_identity(storage.identity);
}

base::Status open_files(node::SyncPolicy policy, NodeStorage& storage) {
  const auto identity = storage.directory->identity();
  if (!identity.ok()) return identity.error();
  storage.identity = identity.value();
  const bool is_new = storage.identity.node.is_none();
  const bool is_reborn = storage.identity.standing == persistence::Standing::kReborn;
  base::Status status = base::success();
  if (is_reborn) status = storage.directory->forget_everything();
  if (!status.ok()) return status;
  make_storages(storage, !is_new && !is_reborn);
  if (storage.is_removed()) return status;
  auto checkpoint = storage.state->open();
  if (!checkpoint.ok()) return checkpoint.error();
  storage.checkpoint = checkpoint.value();
  status = open_log(storage, policy);
  if (status.ok() && is_new) status = name_new_node(storage);
  if (status.ok() && is_reborn) status = end_rebirth(storage);
  return status;
}

}  // namespace

std::uint64_t random_number() {
  std::uint64_t value = 0;
  while (getrandom(&value, sizeof value, 0) != sizeof value) {
  }
  return value == 0 ? 1 : value;
}

base::Status open_storage(const node::Config& config, LogFile& log, NodeStorage& storage) {
  auto directory = persistence::Directory::open(config.text("dir"));
  if (!directory.ok()) return directory.error();
  storage.directory = std::move(directory).value();
  const bool has_peers = !config.list("raft-peers").empty();
  base::Status status = open_files(config.hot().sync_policy, storage);
  const auto noted = storage.directory->noted_damage();  // by the run before, after its start
  if (status.ok() && noted && has_peers) {
    status = base::Error{.cause = base::Cause::kCorrupt,
                         .operation = "damage in",
                         .object = storage.directory->path(),
                         .detail = *noted};
  }
  if (status.ok() || status.error().cause != base::Cause::kCorrupt) return status;
  // Without a list this would be a cluster of one at once, and empty: worse than none.
  if (!has_peers) return status;
  storage.log.reset();
  storage.state.reset();
  storage.checkpoint.reset();
  storage.restored = {};
  // Said first: a process that dies while they are moved leaves nothing that could say it later.
  log.warning(status.error().text() +
              ". This node's files are set aside; it returns as a new node");
  const auto folder = storage.directory->set_aside();
  if (!folder.ok()) return folder.error();
  log.warning("the damaged files are in " + folder.value());
  return open_files(config.hot().sync_policy, storage);
}

}  // namespace server
