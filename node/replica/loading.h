// Loading the newest checkpoint: at start, when a snapshot was installed, and for DEBUG RELOAD
// (then the old engine goes on answering reads until the new one is complete). Invariant: the
// engine that serves is never one that is half loaded. The one that was replaced is freed in slices
// by the one that has taken its place, and counts as memory until then.
#pragma once

#include "engine/engine.h"
#include "node/replica/ground.h"
#include "node/replica/loader.h"
#include "node/replica/status.h"

namespace node {

class Loading {
 public:
  explicit Loading(Ground& ground) : ground_(ground), loader_(ground.options.commands) {}
  void start();

  // Nothing is served meanwhile.
  void begin(const raft::SnapshotMeta& meta);
  // The state that is served goes on being so.
  void begin_reload(const raft::SnapshotMeta& meta);
  void on(LoadedPage& message);
  // Some of what has come; true: all of it is there, to be taken by `finish`.
  [[nodiscard]] bool work();
  // The loaded engine takes its place; false: it is the state that was there before (a reload).
  [[nodiscard]] bool finish();

  [[nodiscard]] const LoadingStatus& status() const { return status_; }
  [[nodiscard]] bool is_under_way() const { return loader_.is_loading(); }
  [[nodiscard]] bool has_work() const { return loader_.has_work(); }

 private:
  void begin_loader(const raft::SnapshotMeta& meta);
  void report();

  Ground& ground_;
  Loader loader_;
  LoadingStatus status_;
  base::Instant report_due_{};
};

}  // namespace node
