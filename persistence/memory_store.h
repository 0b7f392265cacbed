// The state store's contract in memory, for tests and the simulator. What was not finished is lost
// in a crash: lose_power() leaves what open() of the real one would find. One thread.
#pragma once

#include <map>
#include <memory>

#include "persistence/storage.h"

namespace persistence {

class MemoryStore final : public StateStore {
 public:
  base::Result<std::optional<raft::SnapshotMeta>> open() override;
  base::Status begin_checkpoint() override;
  base::Status put_rows(const std::vector<Row>& rows) override;
  base::Status drop_keyspace(std::uint64_t keyspace) override;
  base::Result<raft::SnapshotMeta> finish_checkpoint(const raft::SnapshotMeta& meta) override;
  base::Result<bool> purge_slice() override { return true; }
  base::Result<std::optional<raft::SnapshotMeta>> pin() override;
  void unpin(std::uint64_t generation) override;
  base::Result<RowPage> read_page(RowWalk& walk, std::size_t bytes_max) override;
  base::Status begin_install() override;
  base::Status install_rows(const std::vector<Row>& rows) override;
  base::Result<raft::SnapshotMeta> finish_install(const raft::SnapshotMeta& meta) override;
  [[nodiscard]] std::uint64_t size_bytes() const override;

  void lose_power();
  [[nodiscard]] bool is_in_checkpoint() const { return is_checkpointing_; }
  [[nodiscard]] bool is_in_install() const { return is_installing_; }

 private:
  using Rows = std::map<RowKey, std::string>;
  struct Version {
    raft::SnapshotMeta meta;
    Rows rows;
  };

  std::shared_ptr<const Version> newest_;
  std::map<std::uint64_t, std::pair<std::shared_ptr<const Version>, int>> pinned_;
  bool is_checkpointing_ = false, is_installing_ = false;
  Rows changes_;  // empty body: deleted
  std::vector<std::uint64_t> dropped_;
  Rows install_;
  std::uint64_t generation_ = 0;
};

}  // namespace persistence
