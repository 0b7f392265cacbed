// The state store in SQLite (DESIGN decision 18). A row is written under the generation of its
// checkpoint; a generation counts once its record (meta, rows and sum of row hashes by keyspace) is
// committed. What a reader of generation G sees of a key is the row of the greatest generation that
// counts, is at most G and at least G's base (an install begins a new base). Older rows go in
// slices, except those a pinned generation still sees. Thread: state.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "persistence/sqlite.h"
#include "persistence/storage.h"

namespace persistence {

class SqliteStore final : public StateStore {
 public:
  explicit SqliteStore(std::string path);
  ~SqliteStore() override;

  base::Result<std::optional<raft::SnapshotMeta>> open() override;
  base::Status begin_checkpoint() override;
  base::Status put_rows(const std::vector<Row>& rows) override;
  base::Status drop_keyspace(std::uint64_t keyspace) override;
  base::Result<raft::SnapshotMeta> finish_checkpoint(const raft::SnapshotMeta& meta) override;
  base::Result<bool> purge_slice() override;
  base::Result<std::optional<raft::SnapshotMeta>> pin() override;
  void unpin(std::uint64_t generation) override;
  base::Result<RowPage> read_page(RowWalk& walk, std::size_t bytes_max) override;
  base::Status begin_install() override;
  base::Status install_rows(const std::vector<Row>& rows) override;
  base::Result<raft::SnapshotMeta> finish_install(const raft::SnapshotMeta& meta) override;
  [[nodiscard]] std::uint64_t size_bytes() const override;

  // The file may not grow beyond this: a full disk for tests.
  void limit_pages(std::uint32_t pages_max);

 private:
  static constexpr std::uint64_t kGenerationMax = 1ULL << 62;
  struct Generation {
    raft::SnapshotMeta meta;
    std::uint64_t base = 0;
    RowSums sums;
  };
  struct Pinned {
    Generation generation;
    int count = 0;
  };
  struct StoredRow {
    std::uint64_t generation = 0;
    std::uint64_t hash = 0;
    std::uint64_t bytes = 0;
  };

  // sqlite_open.cpp
  [[nodiscard]] base::Error schema_damage(std::string_view what) const;
  [[nodiscard]] base::Status create_tables();
  [[nodiscard]] base::Status check_tables();
  [[nodiscard]] base::Status prepare_all();
  [[nodiscard]] base::Status load_newest();
  [[nodiscard]] base::Status begin(bool is_install);
  void give_up();
  [[nodiscard]] base::Status fold();
  void roll_back();
  [[nodiscard]] base::Status put(const Row& row);
  [[nodiscard]] base::Result<std::optional<StoredRow>> visible_for_writing(const RowKey& key);
  [[nodiscard]] base::Status in_transaction(const std::vector<Row>& rows);
  [[nodiscard]] base::Result<raft::SnapshotMeta> finish(const raft::SnapshotMeta& meta);
  [[nodiscard]] bool counts(std::uint64_t generation) const {
    return !abandoned_.contains(generation);
  }
  [[nodiscard]] bool is_seen(std::uint64_t row_generation, const Generation& reader,
                             std::uint64_t keyspace) const;
  [[nodiscard]] const Generation* find(std::uint64_t generation) const;
  [[nodiscard]] base::Status take_row(Row&& row, std::uint64_t written_hash, RowWalk& walk,
                                      RowPage& page) const;
  [[nodiscard]] base::Status fill_page(Statement& rows, const Generation& generation,
                                       std::size_t bytes_max, RowWalk& walk, RowPage& page) const;
  [[nodiscard]] base::Status check_sums(const Generation& generation, const RowSums& read) const;
  // sqlite_purge.cpp
  [[nodiscard]] base::Status purge_group(
      const RowKey& key, const std::vector<std::pair<std::uint64_t, bool>>& versions);

  std::string path_;
  std::unique_ptr<Database> database_;
  struct Statements;
  std::unique_ptr<Statements> statements_;
  std::optional<Generation> newest_;
  std::map<std::uint64_t, Pinned> pinned_;
  std::set<std::uint64_t> abandoned_;
  std::uint64_t started_ = 0;  // the greatest generation ever begun
  std::optional<Generation> writing_;
  std::set<std::uint64_t> dropped_;
  bool has_purging_ = true;
  std::optional<RowKey> purged_to_;
};

}  // namespace persistence
