#include "tests/sim/host_store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/check.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

// In memory where there is such a place: nothing here outlives the simulator.
std::string make_directory() {
  const fs::path shared = "/dev/shm";
  const fs::path parent = fs::is_directory(shared) ? shared : fs::temp_directory_path();
  std::string name = (parent / "quorate-sim-XXXXXX").string();
  CHECK(mkdtemp(name.data()) != nullptr);
  return name;
}

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

HostStore::HostStore(bool uses_sqlite) {
  if (uses_sqlite) directory_ = make_directory();
  if (!uses_sqlite) memory_ = std::make_unique<persistence::MemoryStore>();
}

HostStore::~HostStore() {
  sqlite_.reset();
  std::error_code ignored;
  if (is_sqlite()) fs::remove_all(directory_, ignored);
}

persistence::StateStore& HostStore::store() const {
  if (!is_sqlite()) return *memory_;
  CHECK(sqlite_ != nullptr);
  return *sqlite_;
}

void HostStore::end_process() {
  is_in_checkpoint_ = is_in_install_ = false;
  if (!is_sqlite()) return memory_->lose_power();
  if (sqlite_ == nullptr) return;
  // Closing it in good order would fold the WAL, which nobody does who is killed.
  const std::string files[] = {path(), path() + "-wal"};
  const std::string bytes[] = {bytes_of(files[0]), bytes_of(files[1])};
  sqlite_.reset();
  for (std::size_t i = 0; i < std::size(files); ++i)
    std::ofstream(files[i], std::ios::binary | std::ios::trunc) << bytes[i];
}

void HostStore::clear() {
  sqlite_.reset();
  if (!is_sqlite()) memory_ = std::make_unique<persistence::MemoryStore>();
  if (is_sqlite()) {
    fs::remove_all(directory_);
    fs::create_directory(directory_);
  }
}

base::Result<std::optional<raft::SnapshotMeta>> HostStore::open() {
  if (is_sqlite()) sqlite_ = std::make_unique<persistence::SqliteStore>(path());
  return store().open();
}

base::Status HostStore::begin_checkpoint() {
  is_in_checkpoint_ = true;
  is_in_install_ = false;
  return store().begin_checkpoint();
}
base::Status HostStore::put_rows(const std::vector<base::Row>& rows) {
  return store().put_rows(rows);
}
base::Status HostStore::drop_keyspace(std::uint64_t keyspace) {
  return store().drop_keyspace(keyspace);
}
base::Result<raft::SnapshotMeta> HostStore::finish_checkpoint(const raft::SnapshotMeta& meta) {
  is_in_checkpoint_ = false;
  return store().finish_checkpoint(meta);
}

base::Result<bool> HostStore::purge_slice() {
  if (is_sqlite() && sqlite_ == nullptr) return true;
  return store().purge_slice();
}

base::Result<std::optional<raft::SnapshotMeta>> HostStore::pin() { return store().pin(); }
void HostStore::unpin(std::uint64_t generation) { store().unpin(generation); }
base::Result<persistence::RowPage> HostStore::read_page(persistence::RowWalk& walk,
                                                        std::size_t bytes_max) {
  return store().read_page(walk, bytes_max);
}

base::Status HostStore::begin_install() {
  is_in_install_ = true;
  is_in_checkpoint_ = false;
  return store().begin_install();
}
base::Status HostStore::install_rows(const std::vector<base::Row>& rows) {
  return store().install_rows(rows);
}
base::Result<raft::SnapshotMeta> HostStore::finish_install(const raft::SnapshotMeta& meta) {
  is_in_install_ = false;
  return store().finish_install(meta);
}
std::uint64_t HostStore::size_bytes() const { return store().size_bytes(); }

}  // namespace sim
