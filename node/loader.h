// Builds an engine from the pages of the newest checkpoint. The engine that serves meanwhile (DEBUG
// RELOAD) is another one.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "engine/engine.h"
#include "node/messages.h"

namespace node {

class Loader {
 public:
  enum class Step : std::uint8_t {
    kMore,
    kLoaded,
    kIgnored
  };  // ignored: a page of a load begun anew
  [[nodiscard]] bool is_loading() const { return is_loading_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const raft::SnapshotMeta& meta() const { return meta_; }

  // The first page is asked for. Pages asked for before count no more.
  [[nodiscard]] LoadPage begin(raft::SnapshotMeta meta);
  // Takes a page; kMore: ask for `next()`; the error names the row.
  [[nodiscard]] base::Result<Step> take(const LoadedPage& page);
  [[nodiscard]] LoadPage next() const { return {.after = last_}; }
  [[nodiscard]] engine::Engine release();

 private:
  bool is_loading_ = false;
  std::uint64_t stale_pages_ = 0;  // asked for by a load that was begun anew
  bool is_page_asked_ = false;
  std::optional<engine::Engine> engine_;
  raft::SnapshotMeta meta_;
  std::optional<base::RowKey> last_;
  std::uint64_t rows_ = 0, bytes_ = 0;
};

}  // namespace node
