// Loading the newest checkpoint: at start, when a snapshot was installed, and for DEBUG RELOAD
// (then the old engine goes on answering reads until the new one is complete).
#include <utility>

#include "base/failpoint.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr auto kReportPeriod = base::milliseconds(2000);

}  // namespace

void Service::Machine::begin_loading(const raft::SnapshotMeta& meta) {
  loading_status_ = {.is_loading = true, .started_ms = clocks_.wall_ms, .started = clocks_.now};
  report_due_ = clocks_.now + kReportPeriod;
  line(LogLevel::kNotice, "loading the checkpoint at index " + std::to_string(meta.index.value()));
  out_.to_state.emplace_back(loader_.begin(meta));
}

void Service::Machine::load_again(const raft::SnapshotMeta& meta) {
  out_.to_state.emplace_back(loader_.begin(meta));
}

void Service::Machine::on(LoadedPage& message) {
  loading_status_.total_bytes = std::max(loading_status_.total_bytes, message.total_bytes);
  const Loader::Taken taken = loader_.take(std::move(message));
  if (taken == Loader::Taken::kMore) out_.to_state.emplace_back(loader_.next());
}

void Service::Machine::work_on_loading() {
  if (!loader_.has_work()) return;
  const base::Result<bool> is_loaded = loader_.work();
  if (!is_loaded) {
    out_.fatal = "the checkpoint cannot be loaded: " + is_loaded.error().text();
    return;
  }
  loading_status_.loaded_bytes = loader_.bytes();
  if (loading_status_.is_loading && clocks_.now >= report_due_) report_loading();
  if (is_loaded.value()) finish_loading();
}

void Service::Machine::report_loading() {
  report_due_ = clocks_.now + kReportPeriod;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clocks_.now - loading_status_.started)
          .count();
  std::string text = "loading: " + std::to_string(loader_.keys()) + " keys";
  if (loading_status_.total_bytes > 0) {
    text += ", " +
            std::to_string(
                std::min<std::uint64_t>(100, 100 * loader_.bytes() / loading_status_.total_bytes)) +
            " %";
  }
  line(LogLevel::kNotice, text + ", " + std::to_string(seconds) + " s");
}

void Service::Machine::finish_loading() {
  tracking_.on_lost();
  const std::uint64_t keys = loader_.keys();
  engine_ = loader_.release();
  engine_.set_command_watch(options_.command_watch);
  watch_streams_anew();
  follow_settings();
  checkpoint_status_.changes_at_begin = 0;
  log_clock_.observe(engine_.time_ms());
  const bool is_reload = !loading_status_.is_loading;
  if (is_reload) return end_reload("+OK\r\n");
  loading_status_.is_loading = false;
  applied_ = loader_.meta().index;
  applied_term_ = loader_.meta().term;
  membership_ = loader_.meta().membership;
  agreement_.on_loaded(own_report());
  must_revisit_ = true;
  doubt_lost_waits(false);
  line(LogLevel::kNotice, "loaded " + std::to_string(keys) + " keys, state at index " +
                              std::to_string(applied_.value()));
}

// The state store holds a newer state than this engine: what was under way up to it will not be
// seen being applied.
void Service::Machine::on(const StateReplaced& message) {
  std::vector<SealedBatch> doubtful = batcher_.take_doubtful(base::Instant{}, message.meta.index);
  if (!doubtful.empty()) settle_as(doubtful, WriteFate::kInDoubt);
  to_apply_.clear();
  if (checkpointer_.is_running()) {
    checkpointer_.abandon(engine_);
    checkpoint_status_.is_running = false;
    answer_all(WaitingKind::kSave, "-ERR the state was replaced by the leader's meanwhile\r\n");
  }
  if (is_apply_paused_) end_reload("-ERR the state was replaced by the leader's meanwhile\r\n");
  ++cluster_.snapshots_installed;  // the view that says so comes later
  FAILPOINT("install.loading");
  begin_loading(message.meta);
}

}  // namespace node
