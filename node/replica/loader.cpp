#include "node/replica/loader.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace node {

LoadPage Loader::begin(raft::SnapshotMeta meta) {
  if (is_page_asked_) ++stale_pages_;
  is_loading_ = true;
  is_page_asked_ = true;
  engine_.emplace(commands_);
  meta_ = std::move(meta);
  last_.reset();
  waiting_.reset();
  bytes_ = 0;
  return {};
}

Loader::Taken Loader::take(LoadedPage&& page) {
  if (stale_pages_ > 0) {
    --stale_pages_;
    return Taken::kIgnored;
  }
  CHECK(is_loading_ && !waiting_);
  is_page_asked_ = false;
  // A newer state was installed before this load began; StateReplaced, which begins another, is on
  // its way.
  if (!page.index.is_none() && page.index != meta_.index) return Taken::kIgnored;
  waiting_ = std::move(page.page);
  total_bytes_ = page.total_bytes;
  if (!waiting_->rows.empty()) last_ = waiting_->rows.back().key;
  if (waiting_->is_last) return Taken::kLast;
  is_page_asked_ = true;
  return Taken::kMore;
}

base::Result<bool> Loader::work() {
  const persistence::RowPage page = *std::exchange(waiting_, std::nullopt);
  const std::uint64_t bytes_before = engine_->memory_bytes();
  std::uint64_t bytes_of_page = 0;
  for (const base::Row& row : page.rows) {
    if (auto status = engine_->load_row(row); !status) return status.error();
    bytes_of_page += row.body.size();
  }
  bytes_ += bytes_of_page;
  page_bytes_ = std::max(bytes_of_page, engine_->memory_bytes() - bytes_before);
  const bool is_first = bytes_ == bytes_of_page;
  if (is_first && bytes_ > 0 && total_bytes_ > bytes_)
    engine_->expect_growth(static_cast<double>(total_bytes_) / static_cast<double>(bytes_));
  if (!page.is_last) return false;
  is_loading_ = false;
  if (auto status = engine_->finish_load(); !status) return status.error();
  return true;
}

std::uint64_t Loader::keys() const {
  std::uint64_t count = 0;
  for (const auto& database : engine_->databases()) count += database.keys;
  return count;
}

engine::Engine Loader::release() {
  engine::Engine loaded = std::move(*engine_);
  engine_.reset();
  return loaded;
}

}  // namespace node
