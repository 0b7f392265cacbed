// The turn of the service machine: messages, applying, commands, then what leaves.
#include "node/service.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/limits.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr auto kFarAway = base::milliseconds(60'000);
constexpr std::size_t kCheckpointBacklogBytesMax = 64 * 1024 * 1024;
constexpr auto kSecond = base::milliseconds(1000);

}  // namespace

Service::Machine::Machine(ServiceOptions options, Config config)
    : config_(std::move(config)),
      options_(std::move(options)),
      agreement_(options_.self),
      checkpointer_(options_.checkpoint_limits),
      prng_(options_.seed) {
  skipped_entry_ = parse_skipped_entry(config_.text("raft-skip-entry")).value_or(SkippedEntry{});
  engine_.set_command_watch(options_.command_watch);
  if (options_.checkpoint) begin_loading(*options_.checkpoint);
}

ServiceOutput Service::Machine::turn(const base::Clocks& clocks) {
  if (clocks_.now == base::Instant{}) {
    statistics_.started = second_began_ = leaderless_since_ = loading_status_.started = clocks.now;
    checkpoint_status_.last_done_ms = loading_status_.started_ms = clocks.wall_ms;
  }
  clocks_ = clocks;
  if (options_.command_watch != nullptr) options_.command_watch->on_command(nullptr);
  log_clock_.advance(clocks);
  follow_access_rules();
  refresh_monitoring();
  refresh_output_limits();
  next_deadline_ = clocks.now + kFarAway;
  check_waiting();
  work_on_loading();
  take_messages();
  apply_some();
  check_doubtful();
  check_follower_reads();
  if (std::exchange(must_revisit_, false)) revisit_all();
  check_stalled();
  go_on_with_read();
  advance_stop();
  if (out_.sleep.count() == 0) parse_ready();
  sweep_expired();
  end_waits();
  look_again();
  evict_some();
  free_buried();
  share_uses();
  compare_with_members();
  advance_checkpoint();
  close_turn();
  return std::exchange(out_, {});
}

void Service::Machine::on_facts(const ProcessFacts& facts) {
  const std::uint64_t startup_bytes =
      process_.startup_bytes == 0 ? facts.allocated_bytes : process_.startup_bytes;
  process_ = facts;
  process_.startup_bytes = startup_bytes;
  statistics_.peak_memory_bytes = std::max(statistics_.peak_memory_bytes, facts.allocated_bytes);
}

void Service::Machine::take_messages() {
  while (!from_consensus_.empty()) {
    FromConsensus message = std::move(from_consensus_.front());
    from_consensus_.pop_front();
    std::visit([this](auto& body) { on(body); }, message);
  }
  while (!from_state_.empty()) {
    FromState message = std::move(from_state_.front());
    from_state_.pop_front();
    std::visit([this](auto& body) { on(body); }, message);
  }
}

void Service::Machine::on(const BaseMembership& message) {
  logged_ = message.logged;
  if (to_apply_.empty() && !loader_.is_loading()) membership_ = message.membership;
}

// The view of the cluster comes some times a second; what the service learns earlier is kept there
// too, so that INFO never shows a position behind what was answered.
void Service::Machine::on(const BatchProposed& message) {
  cluster_.last = std::max(cluster_.last, message.index);
  batcher_.on_proposed(message);
}

void Service::Machine::on(Committed& message) {
  cluster_.commit = std::max(cluster_.commit, message.commit);
  cluster_.last = std::max(cluster_.last, message.commit);
  for (raft::EntryPtr& entry : message.entries) to_apply_.push_back(std::move(entry));
}

void Service::Machine::on(const ReadReady& message) {
  tickets_.on_ready(message);
  if (tickets_.on_applied(applied_)) asked_leader_since_.reset();
  serve_readers();
}

void Service::Machine::on(const ReadDenied& message) {
  constexpr auto kPause = base::milliseconds(20);
  if (tickets_.on_denied(message)) ask_again_ = clocks_.now + kPause;
}

void Service::Machine::on(const Lease& message) {
  lease_ = message.lease;
  if (lease_.until != base::Instant{}) return;
  out_.to_consensus.emplace_back(LeaseEnded{.group = message.group, .number = lease_.number});
}

void Service::Machine::on(ClusterView& message) {
  message.commit = std::max(message.commit, cluster_.commit);
  message.snapshot = std::max(message.snapshot, cluster_.snapshot);
  message.last = std::max(message.last, message.commit);
  message.snapshots_installed = std::max(message.snapshots_installed, cluster_.snapshots_installed);
  if (!leadership_.leader.is_none()) message.leader = leadership_.leader;
  cluster_ = std::move(message);
  must_revisit_ = true;
}

// What was taken before has a bounded time from now on (check_doubtful).
void Service::Machine::on(const DiskState& message) {
  disk_ = message;
  if (!disk_.is_full) batcher_.expect_by(base::Instant::max());
  line(LogLevel::kWarning, disk_.is_full
                               ? "the disk is full: writes are refused (" + disk_.detail + ")"
                               : "the disk has room again");
}

// Batches leave, reads without a batch to lean on get a round, the driver is told.
void Service::Machine::close_turn() {
  tell_pubsub();
  end_batches();
  if (applied_ != applied_told_) {
    out_.to_consensus.emplace_back(AppliedUpTo{.group = base::kFirstGroup, .index = applied_});
    applied_told_ = applied_;
  }
  if (clocks_.now - second_began_ >= kSecond) {
    statistics_.commands_per_second =
        statistics_.commands_processed - second_base_.commands_processed;
    statistics_.input_bytes_per_second = statistics_.input_bytes - second_base_.input_bytes;
    statistics_.output_bytes_per_second = statistics_.output_bytes - second_base_.output_bytes;
    second_base_.commands_processed = statistics_.commands_processed;
    second_base_.input_bytes = statistics_.input_bytes;
    second_base_.output_bytes = statistics_.output_bytes;
    second_began_ = clocks_.now;
    close_idle();
  }
  check_soft_limits();
  tell_driver();
  release_scratch();
  // Their answers are given in the next turn.
  if (out_.sleep.count() > 0 || out_.config_rewrite) due(clocks_.now);
  if (loader_.has_work() || (!ready_.empty() && takes_commands()) ||
      (!to_apply_.empty() && !loader_.is_loading() && !is_apply_paused_))
    due(clocks_.now);
  out_.is_serving = !loading_status_.is_loading;
  out_.next_deadline = next_deadline_;
}

// The state worker is far behind a checkpoint: what changes meanwhile waits in memory, so less may
// change. One batch goes in each pause, which is longer the more there waits.
bool Service::Machine::is_batch_put_off() {
  constexpr auto kPause = base::milliseconds(100);
  const std::size_t times = engine_.checkpoint_backlog_bytes() / kCheckpointBacklogBytesMax;
  const base::Instant next = sealed_at_ + kPause * static_cast<std::int64_t>(times);
  if (times == 0 || clocks_.now >= next) return false;
  due(next);
  return true;
}

// What one large reply needed is not kept for ever.
void Service::Machine::release_scratch() {
  constexpr std::size_t kScratchBytesKept = 64 * 1024;
  for (std::string* scratch : {&silent_, &scratch_, &refused_}) {
    if (scratch->capacity() > kScratchBytesKept) std::string().swap(*scratch);
  }
  if (words_.capacity() * sizeof(std::string_view) > kScratchBytesKept)
    std::vector<std::string_view>().swap(words_);
}

void Service::Machine::end_batches() {
  const bool may_seal = is_leader() && batcher_.may_seal();
  is_batch_put_off_ = may_seal && is_batch_put_off();
  if (may_seal && !is_batch_put_off_) {
    sealed_at_ = clocks_.now;
    const std::uint64_t ticket = tickets_.close();
    const base::UnixMillis time_ms = std::max(log_clock_.now_ms(), engine_.time_ms());
    out_.to_consensus.emplace_back(
        batcher_.seal(time_ms, prng_.next(), ticket, rules_to_propose(), content_limit()));
    wake_batch_stalled();
  }
  ask_for_reads();
}

void Service::Machine::ask_for_reads() {
  const bool is_follower = has_leader_elsewhere();
  if (!is_serving_leader() && !is_follower) return;
  if (!tickets_.needs_round(!is_follower && batcher_.in_flight() > 0)) return;
  if (clocks_.now < ask_again_) return due(ask_again_);
  if (is_follower && !asked_leader_since_) asked_leader_since_ = clocks_.now;
  // The batch that is about to leave will be evidence enough.
  const bool has_batch = batcher_.has_something() && !is_batch_put_off_;
  if (is_follower || !has_batch) out_.to_consensus.emplace_back(tickets_.ask());
}

// DESIGN decision 3: keys that nobody touches go by swept entries, a bounded slice at a time.
void Service::Machine::sweep_expired() {
  constexpr auto kPeriod = base::milliseconds(100);
  constexpr std::size_t kKeysMax = 1000, kFieldsMax = 250;
  if (!is_serving_leader() || !is_active_expiry_ || client_pause_.until > clocks_.now ||
      stop_ != Stop::kNot)
    return;
  if (is_sweep_under_way_ || batcher_.is_full()) return;
  if (clocks_.now < sweep_due_) return due(sweep_due_);
  const auto infos = engine_.databases();
  const bool has_expiries =
      engine_.has_field_times() ||
      std::any_of(infos.begin(), infos.end(), [](const auto& info) { return info.expires > 0; });
  sweep_due_ = clocks_.now + kPeriod;
  if (!has_expiries) return;
  due(sweep_due_);
  const auto expired = engine_.expired(log_clock_.now_ms(), kKeysMax);
  if (!expired.empty()) propose_swept(expired);
  const auto fields = engine_.expired_fields(log_clock_.now_ms(), kFieldsMax);
  if (!fields.empty()) propose_swept(fields);
  const bool has_more = expired.size() == kKeysMax || !fields.empty();
  if (has_more) sweep_due_ = clocks_.now;  // more where these came from
}

void Service::Machine::propose_swept(const std::vector<engine::Engine::Expired>& expired) {
  std::vector<engine::SweptKey> keys;
  keys.reserve(expired.size());
  for (const auto& key : expired) keys.push_back({key.database, key.key, key.expiry_ms});
  batcher_.writer().swept(keys);
  batcher_.add_nobody();
  is_sweep_under_way_ = true;
}

void Service::Machine::propose_swept(const std::vector<engine::Engine::ExpiredFields>& expired) {
  std::vector<engine::SweptFields> hashes;
  hashes.reserve(expired.size());
  for (const auto& hash : expired)
    hashes.push_back({hash.database, hash.key, hash.first_ms, hash.count});
  batcher_.writer().swept_fields(hashes);
  batcher_.add_nobody();
  is_sweep_under_way_ = true;
}

// -- the public face

Service::Service(ServiceOptions options, Config config)
    : machine_(std::make_unique<Machine>(std::move(options), std::move(config))) {}
Service::~Service() = default;
bool Service::on_connect(base::ConnectionId connection, const ConnectInfo& info) {
  return machine_->on_connect(connection, info);
}
void Service::on_bytes(base::ConnectionId connection, std::string_view bytes) {
  machine_->on_bytes(connection, bytes);
}
void Service::on_disconnect(base::ConnectionId connection) { machine_->on_disconnect(connection); }
std::string_view Service::unsent(base::ConnectionId connection) const {
  return machine_->unsent(connection);
}
void Service::on_written(base::ConnectionId connection, std::size_t bytes) {
  machine_->on_written(connection, bytes);
}
bool Service::wants_turn() const { return machine_->wants_turn(); }
void Service::receive(FromConsensus message) { machine_->receive(std::move(message)); }
void Service::receive(FromState message) { machine_->receive(std::move(message)); }
void Service::set_process_facts(const ProcessFacts& facts) { machine_->on_facts(facts); }
void Service::on_config_rewritten(std::string_view error) { machine_->on_config_rewritten(error); }
void Service::begin_stop() { machine_->begin_stop(); }
bool Service::is_drained() const { return machine_->is_drained(); }
ServiceOutput Service::turn(const base::Clocks& clocks) { return machine_->turn(clocks); }
const Config& Service::config() const { return machine_->config_; }
std::uint64_t Service::state_digest() const { return machine_->engine_.digest(); }
LogIndex Service::applied() const { return machine_->applied_; }
std::optional<Term> Service::leased_term() const { return machine_->leased_term(); }

}  // namespace node
