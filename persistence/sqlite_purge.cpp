// Deleting rows that no generation sees any more: a walk over all keys in slices after each
// checkpoint and each unpin.
#include <algorithm>

#include "base/failpoint.h"
#include "persistence/sqlite_statements.h"
#include "persistence/sqlite_store.h"

namespace persistence {
namespace {

constexpr std::size_t kKeysPerSlice = 2000;

}  // namespace

base::Status SqliteStore::purge_group(const RowKey& key,
                                      const std::vector<std::pair<std::uint64_t, bool>>& versions) {
  std::vector<const Generation*> readers;
  if (newest_) readers.push_back(&*newest_);
  for (const auto& [id, pinned] : pinned_) readers.push_back(&pinned.generation);
  std::set<std::uint64_t> kept;
  bool keeps_content = false;
  for (const Generation* reader : readers) {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      if (!is_seen(version->first, *reader, key.keyspace)) continue;
      kept.insert(version->first);
      keeps_content |= !version->second;
      break;
    }
  }
  for (const auto& [generation, is_deletion] : versions) {
    const bool is_being_written = writing_ && generation == started_;
    const bool is_needed = kept.contains(generation) && (!is_deletion || keeps_content);
    if (is_being_written || is_needed) continue;
    const base::Status removed = bind_key(statements_->remove, key).bind(5, generation).run();
    if (!removed.ok()) return removed;
  }
  return base::success();
}

base::Result<bool> SqliteStore::purge_slice() {
  if (!has_purging_) return true;
  using Versions = std::vector<std::pair<std::uint64_t, bool>>;
  std::vector<std::pair<RowKey, Versions>> groups;
  Statement& rows = bind_key(statements_->purge_page, purged_to_.value_or(RowKey{~0ULL, 0, 0, 0}));
  bool is_end = false;
  while (groups.size() <= kKeysPerSlice) {
    const auto more = rows.step();
    if (!more.ok()) return more.error();
    is_end = !more.value();
    if (is_end) break;
    const RowKey key{rows.number(0), rows.number(1), rows.number(2), rows.number(3)};
    if (groups.empty() || groups.back().first != key) groups.emplace_back(key, Versions{});
    groups.back().second.emplace_back(rows.number(4), rows.number(5) == 0);
  }
  rows.reset();
  if (!is_end) groups.pop_back();  // it may be incomplete
  base::Status status = database_->execute("BEGIN");
  for (std::size_t i = 0; status.ok() && i < groups.size(); ++i)
    status = purge_group(groups[i].first, groups[i].second);
  FAILPOINT("state.purge-uncommitted");
  if (status.ok()) status = database_->execute("COMMIT");
  if (!status.ok()) {
    roll_back();
    return status.error();
  }
  status = fold();
  if (!status.ok()) return status.error();
  if (!groups.empty()) purged_to_ = groups.back().first;
  if (!is_end) return false;
  FAILPOINT("state.purged");
  has_purging_ = false;
  // Rows of generations that were given up are gone now; their numbers are never used again.
  if (writing_) return true;
  abandoned_.clear();
  status = database_->execute("DELETE FROM started");
  // The pages that the walk and the checkpoint before it left in the cache are of use to nobody.
  if (status.ok()) status = database_->execute("PRAGMA shrink_memory");
  return status.ok() ? base::Result<bool>(true) : base::Result<bool>(status.error());
}

}  // namespace persistence
