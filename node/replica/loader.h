// Builds an engine from the pages of the newest checkpoint: the next page is asked for before one
// is worked on, so that the state worker reads while the engine grows. The engine that serves
// meanwhile (DEBUG RELOAD) is another one.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "engine/engine.h"
#include "node/messages/messages.h"

namespace node {

class Loader {
 public:
  enum class Taken : std::uint8_t {
    kMore,    // ask for `next()`, then work
    kLast,    // work
    kIgnored  // a page of a load begun anew
  };
  // `commands` outlives it and its engines.
  explicit Loader(const engine::CommandTable& commands = engine::engine_commands())
      : commands_(commands) {}
  [[nodiscard]] bool is_loading() const { return is_loading_; }
  [[nodiscard]] std::uint64_t keys() const;  // until release()
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // What the last work() has made of its page, in memory, about.
  [[nodiscard]] std::uint64_t bytes_of_page() const { return page_bytes_; }
  [[nodiscard]] const raft::SnapshotMeta& meta() const { return meta_; }

  // The first page is asked for. Pages asked for before count no more.
  [[nodiscard]] LoadPage begin(raft::SnapshotMeta meta);
  [[nodiscard]] Taken take(LoadedPage&& page);
  [[nodiscard]] bool has_work() const { return waiting_.has_value(); }
  // The page that was taken becomes part of the engine; true: it was the last. The error names the
  // row.
  [[nodiscard]] base::Result<bool> work();
  [[nodiscard]] LoadPage next() const { return {.after = last_}; }
  // An engine was begun, and not released: while it is loading it is not complete.
  [[nodiscard]] bool has_engine() const { return engine_.has_value(); }
  [[nodiscard]] engine::Engine release();

 private:
  const engine::CommandTable& commands_;
  bool is_loading_ = false;
  std::uint64_t stale_pages_ = 0;  // asked for by a load that was begun anew
  bool is_page_asked_ = false;
  std::optional<engine::Engine> engine_;
  raft::SnapshotMeta meta_;
  std::optional<base::RowKey> last_;
  std::optional<persistence::RowPage> waiting_;
  std::uint64_t total_bytes_ = 0;  // of all rows, as the last page said
  std::uint64_t bytes_ = 0, page_bytes_ = 0;
};

}  // namespace node
