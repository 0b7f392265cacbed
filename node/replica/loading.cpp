#include "node/replica/loading.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/keyspace/graveyard.h"

namespace node {
namespace {

constexpr auto kReportPeriod = base::milliseconds(2000);
// As much of what was replaced before is freed while another engine is loaded: however often one
// follows another, what waits to be freed never becomes more than the largest of them and what was
// there at first.
constexpr std::uint64_t kFreedForLoaded = 2;

}  // namespace

void Loading::start() {
  status_.started = ground_.turn.now();
  status_.started_ms = ground_.turn.clocks.wall_ms;
}

void Loading::begin(const raft::SnapshotMeta& meta) {
  status_ = {
      .is_loading = true, .started_ms = ground_.turn.clocks.wall_ms, .started = ground_.turn.now()};
  report_due_ = ground_.turn.now() + kReportPeriod;
  ground_.turn.line(LogLevel::kNotice,
                    "loading the checkpoint at index " + std::to_string(meta.index.value()));
  begin_loader(meta);
}

// One that was being loaded will not be complete.
void Loading::begin_loader(const raft::SnapshotMeta& meta) {
  if (loader_.has_engine()) ground_.engine.bury(loader_.release());
  ground_.turn.to_state.emplace_back(loader_.begin(meta));
}

void Loading::begin_reload(const raft::SnapshotMeta& meta) {
  CHECK(!status_.is_loading);
  begin_loader(meta);
}

void Loading::on(LoadedPage& message) {
  status_.total_bytes = std::max(status_.total_bytes, message.total_bytes);
  const Loader::Taken taken = loader_.take(std::move(message));
  if (taken == Loader::Taken::kMore) ground_.turn.to_state.emplace_back(loader_.next());
}

bool Loading::work() {
  if (!loader_.has_work()) return false;
  const base::Result<bool> is_loaded = loader_.work();
  if (!is_loaded) {
    ground_.turn.fatal = "the checkpoint cannot be loaded: " + is_loaded.error().text();
    return false;
  }
  status_.loaded_bytes = loader_.bytes();
  ground_.engine.free_buried(kFreedForLoaded * loader_.bytes_of_page() /
                             engine::Graveyard::kBytesPerElement);
  if (status_.is_loading && ground_.turn.now() >= report_due_) report();
  return is_loaded.value();
}

void Loading::report() {
  report_due_ = ground_.turn.now() + kReportPeriod;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(ground_.turn.now() - status_.started)
          .count();
  std::string text = "loading: " + std::to_string(loader_.keys()) + " keys";
  if (status_.total_bytes > 0) {
    const std::uint64_t percent =
        std::min<std::uint64_t>(100, 100 * loader_.bytes() / status_.total_bytes);
    text += ", " + std::to_string(percent) + " %";
  }
  ground_.turn.line(LogLevel::kNotice, text + ", " + std::to_string(seconds) + " s");
}

bool Loading::finish() {
  const std::uint64_t keys = loader_.keys();
  engine::Engine replaced = std::exchange(ground_.engine, loader_.release());
  ground_.engine.bury(std::move(replaced));
  ground_.engine.set_command_watch(ground_.options.command_watch);
  ground_.log_clock.observe(ground_.engine.time_ms());
  if (!status_.is_loading) return false;
  status_.is_loading = false;
  ground_.applied = loader_.meta().index;
  ground_.applied_term = loader_.meta().term;
  ground_.membership = loader_.meta().membership;
  ground_.turn.line(LogLevel::kNotice, "loaded " + std::to_string(keys) + " keys, state at index " +
                                           std::to_string(ground_.applied.value()));
  return true;
}

}  // namespace node
