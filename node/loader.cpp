#include "node/loader.h"

#include <utility>

#include "base/check.h"

namespace node {

LoadPage Loader::begin(raft::SnapshotMeta meta) {
  if (is_page_asked_) ++stale_pages_;
  is_loading_ = true;
  is_page_asked_ = true;
  engine_.emplace();
  meta_ = std::move(meta);
  last_.reset();
  rows_ = bytes_ = 0;
  return {};
}

base::Result<Loader::Step> Loader::take(const LoadedPage& page) {
  if (stale_pages_ > 0) {
    --stale_pages_;
    return Step::kIgnored;
  }
  CHECK(is_loading_);
  if (!page.index.is_none() && page.index != meta_.index) {
    // A newer state was installed before this load began; StateReplaced, which begins another, is
    // on its way.
    is_page_asked_ = false;
    return Step::kIgnored;
  }
  for (const base::Row& row : page.page.rows) {
    if (auto status = engine_->load_row(row); !status) return status.error();
    ++rows_;
    bytes_ += row.body.size();
    last_ = row.key;
  }
  if (!page.page.is_last) return Step::kMore;
  is_page_asked_ = false;
  is_loading_ = false;
  if (auto status = engine_->finish_load(); !status) return status.error();
  return Step::kLoaded;
}

engine::Engine Loader::release() {
  engine::Engine loaded = std::move(*engine_);
  engine_.reset();
  return loaded;
}

}  // namespace node
