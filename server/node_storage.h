// What a node finds on its disk when it starts, opened: the directory with its identity, the log
// and the state fitted together. A new life in an old directory (CLUSTER MEET) and the return of a
// damaged one begin here too.
#pragma once

#include <memory>
#include <optional>

#include "node/config/config.h"
#include "node/consensus/consensus.h"
#include "persistence/directory.h"
#include "persistence/segment_log.h"
#include "persistence/sqlite_store.h"
#include "server/log_file.h"

namespace server {

struct NodeStorage {
  std::unique_ptr<persistence::FileSystem> files = persistence::posix_file_system();
  std::unique_ptr<persistence::Directory> directory;
  std::unique_ptr<persistence::SegmentLog> log;
  std::unique_ptr<persistence::SqliteStore> state;
  persistence::Identity identity;
  std::optional<raft::SnapshotMeta> checkpoint;
  raft::Restored restored;
  std::string promises;  // of the members, as the log remembers them
  // Removed from its cluster: log and state are left as they are, not open.
  [[nodiscard]] bool is_removed() const {
    return identity.standing == persistence::Standing::kRemoved;
  }
};

// Cause::kCorrupt: damage, and nobody else has the data (DESIGN decision 14); with others the files
// are set aside, which the log file says, and the storage is that of a new node.
[[nodiscard]] base::Status open_storage(const node::Config& config, LogFile& log,
                                        NodeStorage& storage);

// For ids, epochs and seeds; never 0.
[[nodiscard]] std::uint64_t random_number();

}  // namespace server
