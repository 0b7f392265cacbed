// The state store of a simulated machine: in memory, or SQLite on files of its own, which go with
// the machine. A process that ends leaves what its transactions have committed, in the WAL or in
// the database, as it was.
#pragma once

#include <memory>
#include <string>

#include "persistence/memory_store.h"
#include "persistence/sqlite_store.h"

namespace sim {

class HostStore final : public persistence::StateStore {
 public:
  explicit HostStore(bool uses_sqlite);
  ~HostStore() override;

  base::Result<std::optional<raft::SnapshotMeta>> open() override;
  base::Status begin_checkpoint() override;
  base::Status put_rows(const std::vector<base::Row>& rows) override;
  base::Status drop_keyspace(std::uint64_t keyspace) override;
  base::Result<raft::SnapshotMeta> finish_checkpoint(const raft::SnapshotMeta& meta) override;
  base::Result<bool> purge_slice() override;
  base::Result<std::optional<raft::SnapshotMeta>> pin() override;
  void unpin(std::uint64_t generation) override;
  base::Result<persistence::RowPage> read_page(persistence::RowWalk& walk,
                                               std::size_t bytes_max) override;
  base::Status begin_install() override;
  base::Status install_rows(const std::vector<base::Row>& rows) override;
  base::Result<raft::SnapshotMeta> finish_install(const raft::SnapshotMeta& meta) override;
  [[nodiscard]] std::uint64_t size_bytes() const override;

  // The process has ended, or the power has gone.
  void end_process();
  // Another disk.
  void clear();
  [[nodiscard]] bool is_in_checkpoint() const { return is_in_checkpoint_; }
  [[nodiscard]] bool is_in_install() const { return is_in_install_; }
  [[nodiscard]] bool is_sqlite() const { return !directory_.empty(); }

 private:
  [[nodiscard]] persistence::StateStore& store() const;
  [[nodiscard]] std::string path() const { return directory_ + "/state.db"; }

  std::string directory_;  // empty: in memory
  std::unique_ptr<persistence::MemoryStore> memory_;
  std::unique_ptr<persistence::SqliteStore> sqlite_;  // null: not open
  bool is_in_checkpoint_ = false, is_in_install_ = false;
};

}  // namespace sim
