#include "tests/node/harness_disk.h"

#include <algorithm>

namespace node_test {
namespace {

base::Error no_space() {
  return {.cause = base::Cause::kNoSpace,
          .code = 28,
          .operation = "write",
          .object = "memory",
          .detail = "No space left on device"};
}

}  // namespace

base::Result<persistence::LogContents> MemoryLog::open(base::GroupId) {
  persistence::LogContents contents;
  contents.hard_state = hard_state_;
  contents.base = base_;
  contents.first_index = first_;
  contents.previous_term = previous_term_;
  contents.last_index = base::LogIndex(first_.value() + entries_.size() - 1);
  for (const raft::EntryPtr& entry : entries_) {
    if (contents.term_runs.empty() || contents.term_runs.back().term != entry->term)
      contents.term_runs.push_back({entry->index, entry->term});
    if (entry->kind == raft::EntryKind::kMembership) contents.memberships.push_back(entry);
  }
  contents.remembered = remembered;
  return contents;
}

base::Status MemoryLog::append(const std::vector<persistence::LogWrite>& batch) {
  if (is_full) return no_space();
  ++appends;
  for (const persistence::LogWrite& write : batch) {
    if (write.reset_to) {
      base_ = *write.reset_to;
      entries_.clear();
      first_ = base_.index.next();
      previous_term_ = base_.term;
    }
    if (!write.truncate_from.is_none())
      std::erase_if(entries_,
                    [&](const auto& entry) { return entry->index >= write.truncate_from; });
    for (const raft::EntryPtr& entry : write.entries) {
      CHECK(entry->index.value() == first_.value() + entries_.size());
      entries_.push_back(entry);
    }
    if (write.hard_state) hard_state_ = *write.hard_state;
  }
  return base::success();
}

base::Result<std::vector<raft::EntryPtr>> MemoryLog::read(base::GroupId, base::LogIndex first,
                                                          base::LogIndex last,
                                                          std::size_t bytes_max) {
  CHECK(first >= first_ && last.value() < first_.value() + entries_.size());
  std::vector<raft::EntryPtr> found;
  std::size_t bytes = 0;
  for (std::uint64_t index = first.value(); index <= last.value(); ++index) {
    const raft::EntryPtr& entry = entries_[index - first_.value()];
    bytes += entry->payload.size();
    if (!found.empty() && bytes > bytes_max) break;
    found.push_back(entry);
  }
  return found;
}

base::Status MemoryLog::discard(base::GroupId, base::LogIndex through) {
  while (!entries_.empty() && entries_.front()->index <= through) {
    previous_term_ = entries_.front()->term;
    first_ = first_.next();
    entries_.erase(entries_.begin());
  }
  return base::success();
}

std::uint64_t MemoryLog::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const raft::EntryPtr& entry : entries_) bytes += entry->payload.size();
  return bytes;
}

// -- state

base::Status MemoryState::space() const {
  if (is_full) return no_space();
  return base::success();
}

base::Result<std::optional<raft::SnapshotMeta>> MemoryState::open() {
  writing_.clear();
  installing_.clear();
  pins_.clear();
  return newest_;
}

void MemoryState::put(Rows& rows, const std::vector<base::Row>& from) {
  for (const base::Row& row : from) {
    if (row.body.empty())
      rows.erase(row.key);
    else
      rows[row.key] = row.body;
  }
}

base::Status MemoryState::begin_checkpoint() {
  writing_ = newest_ ? generations_[newest_->generation] : Rows{};
  return space();
}
base::Status MemoryState::put_rows(const std::vector<base::Row>& rows) {
  if (is_full) return no_space();
  put(writing_, rows);
  return base::success();
}
base::Status MemoryState::drop_keyspace(std::uint64_t keyspace) {
  std::erase_if(writing_, [&](const auto& row) { return row.first.keyspace == keyspace; });
  return space();
}

base::Result<raft::SnapshotMeta> MemoryState::finish_checkpoint(const raft::SnapshotMeta& meta) {
  if (is_full) return no_space();
  const std::optional<raft::SnapshotMeta> former = newest_;
  newest_ = meta;
  newest_->generation = next_generation_++;
  generations_[newest_->generation] = writing_;
  if (former && !pins_.contains(former->generation)) generations_.erase(former->generation);
  return *newest_;
}

base::Result<std::optional<raft::SnapshotMeta>> MemoryState::pin() {
  if (newest_) pins_.emplace(newest_->generation, 0);
  return newest_;
}

void MemoryState::unpin(std::uint64_t generation) {
  const auto pin = pins_.find(generation);
  CHECK(pin != pins_.end());
  pins_.erase(pin);
  if (!pins_.contains(generation) && (!newest_ || newest_->generation != generation))
    generations_.erase(generation);
}

base::Result<persistence::RowPage> MemoryState::read_page(persistence::RowWalk& walk,
                                                          std::size_t bytes_max) {
  const Rows& rows = generations_.at(walk.generation);
  persistence::RowPage page;
  std::size_t bytes = 0;
  auto at = walk.after ? rows.upper_bound(*walk.after) : rows.begin();
  for (; at != rows.end() && bytes < bytes_max; ++at) {
    bytes += at->second.size() + sizeof(base::RowKey);
    page.rows.push_back({at->first, at->second});
  }
  page.is_last = at == rows.end();
  if (!page.rows.empty()) walk.after = page.rows.back().key;
  return page;
}

base::Status MemoryState::begin_install() {
  if (is_full) return no_space();
  installing_.clear();
  return base::success();
}
base::Status MemoryState::install_rows(const std::vector<base::Row>& rows) {
  if (is_full) return no_space();
  put(installing_, rows);
  return base::success();
}
base::Result<raft::SnapshotMeta> MemoryState::finish_install(const raft::SnapshotMeta& meta) {
  writing_ = installing_;
  return finish_checkpoint(meta);
}

std::uint64_t MemoryState::size_bytes() const {
  std::uint64_t bytes = 0;
  if (newest_) {
    for (const auto& [key, body] : generations_.at(newest_->generation)) bytes += body.size();
  }
  return bytes;
}

}  // namespace node_test
