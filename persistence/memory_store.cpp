#include "persistence/memory_store.h"

#include <algorithm>

#include "base/check.h"

namespace persistence {

base::Result<std::optional<raft::SnapshotMeta>> MemoryStore::open() {
  return newest_ ? std::optional(newest_->meta) : std::nullopt;
}

base::Status MemoryStore::begin_checkpoint() {
  is_checkpointing_ = true;
  changes_.clear();
  dropped_.clear();
  return base::success();
}

base::Status MemoryStore::put_rows(const std::vector<Row>& rows) {
  CHECK(is_checkpointing_);
  for (const Row& row : rows) changes_[row.key] = row.body;
  return base::success();
}

base::Status MemoryStore::drop_keyspace(std::uint64_t keyspace) {
  CHECK(is_checkpointing_);
  dropped_.push_back(keyspace);
  return base::success();
}

base::Result<raft::SnapshotMeta> MemoryStore::finish_checkpoint(const raft::SnapshotMeta& meta) {
  CHECK(is_checkpointing_);
  is_checkpointing_ = false;
  auto version = std::make_shared<Version>();
  if (newest_) version->rows = newest_->rows;
  std::erase_if(version->rows, [this](const auto& row) {
    return std::find(dropped_.begin(), dropped_.end(), row.first.keyspace) != dropped_.end();
  });
  for (auto& [key, body] : changes_) {
    if (body.empty()) {
      version->rows.erase(key);
    } else {
      version->rows[key] = std::move(body);
    }
  }
  version->meta = meta;
  version->meta.generation = ++generation_;
  newest_ = version;
  return version->meta;
}

base::Result<std::optional<raft::SnapshotMeta>> MemoryStore::pin() {
  if (!newest_) return std::optional<raft::SnapshotMeta>();
  auto& [version, count] = pinned_[newest_->meta.generation];
  version = newest_;
  ++count;
  return std::optional(newest_->meta);
}

void MemoryStore::unpin(std::uint64_t generation) {
  const auto found = pinned_.find(generation);
  if (found != pinned_.end() && --found->second.second == 0) pinned_.erase(found);
}

base::Result<RowPage> MemoryStore::read_page(RowWalk& walk, std::size_t bytes_max) {
  const auto pinned = pinned_.find(walk.generation);
  const auto version = pinned != pinned_.end() ? pinned->second.first : newest_;
  RowPage page;
  if (!version || version->meta.generation != walk.generation) {
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "read rows",
                       .object = "generation " + std::to_string(walk.generation),
                       .detail = "it is neither pinned nor the newest"};
  }
  auto at = walk.after ? version->rows.upper_bound(*walk.after) : version->rows.begin();
  for (std::size_t bytes = 0; at != version->rows.end() && (page.rows.empty() || bytes < bytes_max);
       ++at) {
    bytes += at->second.size();
    page.rows.push_back({at->first, at->second});
  }
  page.is_last = at == version->rows.end();
  if (!page.rows.empty()) walk.after = page.rows.back().key;
  return page;
}

base::Status MemoryStore::begin_install() {
  is_installing_ = true;
  is_checkpointing_ = false;
  install_.clear();
  return base::success();
}

base::Status MemoryStore::install_rows(const std::vector<Row>& rows) {
  CHECK(is_installing_);
  for (const Row& row : rows) install_[row.key] = row.body;
  return base::success();
}

base::Result<raft::SnapshotMeta> MemoryStore::finish_install(const raft::SnapshotMeta& meta) {
  CHECK(is_installing_);
  is_installing_ = false;
  auto version = std::make_shared<Version>(Version{meta, std::move(install_)});
  version->meta.generation = ++generation_;
  newest_ = version;
  install_.clear();
  return version->meta;
}

std::uint64_t MemoryStore::size_bytes() const {
  std::uint64_t bytes = 0;
  if (newest_) {
    for (const auto& [key, body] : newest_->rows) bytes += body.size();
  }
  return bytes;
}

void MemoryStore::lose_power() {
  is_checkpointing_ = is_installing_ = false;
  pinned_.clear();
  changes_.clear();
  install_.clear();
}

}  // namespace persistence
