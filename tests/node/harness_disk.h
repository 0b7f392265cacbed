// A disk in memory: what a LogStorage and a StateStore keep, so that it outlives the machines that
// use it. Everything written is durable at once; a test that wants a crash before that does not let
// the worker run. Space may run out.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "persistence/storage.h"

namespace node_test {

class MemoryLog : public persistence::LogStorage {
 public:
  base::Result<persistence::LogContents> open(base::GroupId group) override;
  base::Status append(const std::vector<persistence::LogWrite>& batch) override;
  base::Status append_unsynced(const std::vector<persistence::LogWrite>& batch) override {
    unsynced_appends += is_full ? 0 : 1;
    return append(batch);
  }
  [[nodiscard]] bool takes_at_once(std::uint64_t bytes) const override {
    return bytes <= at_once_bytes_max;
  }
  [[nodiscard]] bool is_unsynced() const override { return unsynced_appends > 0; }
  base::Status sync() override { return unsynced_appends = 0, base::success(); }
  base::Status mark_clean() override { return sync(); }
  base::Status remember(std::string_view bytes) override {
    return remembered = bytes, base::success();
  }
  base::Status trust() override { return ++trusts, sync(); }
  base::Result<std::vector<raft::EntryPtr>> read(base::GroupId group, base::LogIndex first,
                                                 base::LogIndex last,
                                                 std::size_t bytes_max) override;
  base::Status discard(base::GroupId group, base::LogIndex through) override;
  base::Status mark_end() override { return base::success(); }
  std::uint64_t size_bytes() const override;

  bool is_full = false;
  std::uint64_t at_once_bytes_max = 1 << 20;
  std::string remembered;
  std::size_t appends = 0;  // calls that wrote
  std::size_t unsynced_appends = 0, trusts = 0;
  [[nodiscard]] const raft::SnapshotMeta& base() const { return base_; }
  [[nodiscard]] const std::vector<raft::EntryPtr>& entries() const { return entries_; }

 private:
  raft::HardState hard_state_;
  raft::SnapshotMeta base_;
  base::LogIndex first_{1};  // of entries_
  base::Term previous_term_;
  std::vector<raft::EntryPtr> entries_;
};

class MemoryState : public persistence::StateStore {
 public:
  base::Result<std::optional<raft::SnapshotMeta>> open() override;
  base::Status begin_checkpoint() override;
  base::Status put_rows(const std::vector<base::Row>& rows) override;
  base::Status drop_keyspace(std::uint64_t keyspace) override;
  base::Result<raft::SnapshotMeta> finish_checkpoint(const raft::SnapshotMeta& meta) override;
  base::Result<bool> purge_slice() override { return true; }
  base::Result<std::optional<raft::SnapshotMeta>> pin() override;
  void unpin(std::uint64_t generation) override;
  base::Result<persistence::RowPage> read_page(persistence::RowWalk& walk,
                                               std::size_t bytes_max) override;
  base::Status begin_install() override;
  base::Status install_rows(const std::vector<base::Row>& rows) override;
  base::Result<raft::SnapshotMeta> finish_install(const raft::SnapshotMeta& meta) override;
  std::uint64_t size_bytes() const override;

  bool is_full = false;
  [[nodiscard]] std::size_t pinned_count() const { return pins_.size(); }
  [[nodiscard]] const std::optional<raft::SnapshotMeta>& newest() const { return newest_; }

 private:
  using Rows = std::map<base::RowKey, std::string>;
  void put(Rows& rows, const std::vector<base::Row>& from);
  [[nodiscard]] base::Status space() const;

  std::optional<raft::SnapshotMeta> newest_;
  std::uint64_t next_generation_ = 1;
  std::map<std::uint64_t, Rows> generations_;  // the newest and the pinned ones
  std::multimap<std::uint64_t, int> pins_;
  Rows writing_, installing_;
};

}  // namespace node_test
