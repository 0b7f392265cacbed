// The inside of node::Service. One class, one method group per chapter, each in a file of its own:
// service_input.cpp (bytes to commands), service_dispatch.cpp (what becomes of a command),
// service_routing.cpp (who may answer it), service_multi.cpp (MULTI to EXEC, WATCH),
// service_local.cpp (local commands and what they ask for), service_answers.cpp (operations to
// replies), service_apply.cpp (committed entries), service_leadership.cpp (terms, unknown
// outcomes), service_checkpoint.cpp, service_loading.cpp, service_eviction.cpp, service_monitor.cpp
// (what is noted of each command), service_output.cpp (what the driver is told), service_stop.cpp,
// service_blocking.cpp (clients that wait), service_membership.cpp (who belongs to the cluster).
// The parts that need no machine are classes of their own: LogClock, Batcher, ReadTickets,
// Checkpointer, Loader.
//
// Everything happens within turn(): what comes in between is only kept.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "engine/element_stream.h"
#include "engine/engine.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/pubsub/broker.h"
#include "node/clients/session_table.h"
#include "node/clients/statistics.h"
#include "node/config/directive_value.h"
#include "node/messages/line_limiter.h"
#include "node/replica/agreement.h"
#include "node/replica/batcher.h"
#include "node/replica/checkpointer.h"
#include "node/replica/loader.h"
#include "node/replica/log_clock.h"
#include "node/replica/read_tickets.h"
#include "node/service.h"

namespace node {

// How long a command waits for a leader to serve it or to be named.
inline constexpr base::Duration kLeaderWait = base::milliseconds(3000);

// What a command answers that waited in vain.
inline bool is_null_reply(std::string_view reply) {
  return reply == "*-1\r\n" || reply == "$-1\r\n" || reply == "_\r\n";
}

class Service::Machine : private PushOutlet {
 public:
  Machine(ServiceOptions options, Config config);

  // ---- service_input.cpp ----
  bool on_connect(base::ConnectionId connection, const ConnectInfo& info);
  void on_bytes(base::ConnectionId connection, std::string_view bytes);
  void on_disconnect(base::ConnectionId connection);

  // ---- service_output.cpp ----
  [[nodiscard]] std::string_view unsent(base::ConnectionId connection) const;
  void on_written(base::ConnectionId connection, std::size_t bytes);
  [[nodiscard]] bool wants_turn() const { return !going_on_.empty(); }

  // ---- service.cpp ----
  void receive(FromConsensus message) { from_consensus_.push_back(std::move(message)); }
  void receive(FromState message) { from_state_.push_back(std::move(message)); }
  void on_facts(const ProcessFacts& facts);
  [[nodiscard]] ServiceOutput turn(const base::Clocks& clocks);

  [[nodiscard]] std::optional<Term> leased_term() const {
    return has_lease() ? std::optional(lease_.term) : std::nullopt;
  }

  // ---- service_stop.cpp ----
  void begin_stop();
  [[nodiscard]] bool is_drained() const;

  // ---- service_local.cpp ----
  void on_config_rewritten(std::string_view error);

  ProcessFacts process_;
  Config config_;
  engine::Engine engine_{commands()};
  LogIndex applied_;

 private:
  using Special = engine::Special;
  // kFollow: here, once what the leader's read index names is applied.
  enum class Route : std::uint8_t { kHere, kStale, kFollow, kWait, kRefused };
  enum class WaitingKind : std::uint8_t {
    kSleep,
    kReplicas,
    kSave,
    kReload,
    kConfigRewrite,
    kCluster,  // CLUSTER MEET and the like
  };
  struct WaitingCommand {
    WaitingKind kind = WaitingKind::kSleep;
    base::ConnectionId session = {};
    bool is_silent = false;
    std::int64_t replicas = 0;
    bool is_log = false;  // WAITAOF
    LogIndex index = {};
    base::Instant deadline{};
    bool has_deadline = false;
    std::uint64_t request = 0;  // kCluster; kReplicas: of the Progress that it needs at least
  };

  // ---- service.cpp ----
  void take_messages();
  void on(const Leadership& message);
  void on(const BaseMembership& message);
  void on(const BatchProposed& message);
  void on(const BatchRefused& message);
  void on(Committed& message);
  void on(const ReadReady& message);
  void on(const ReadDenied& message);
  void on(const Lease& message);
  void on(const StateReplaced& message);
  void on(const TransferDone& message);
  void on(const ClusterRequestDone& message);
  void on(const LeftCluster& message);
  void on(const Progress& message);
  void on(const PubsubTold& message) { broker_.on(message, applied_); }
  void on(const PubsubLinked& message) { broker_.on(message); }
  void on(const PubsubLost& message);
  void on(ClusterView& message);
  void on(const DiskState& message);
  void on(const RowsWritten& message);
  void on(const CheckpointDone& message);
  void on(const CheckpointFailed& message);
  void on(LoadedPage& message);
  template <class Other>
  void on(const Other&) {}  // for the other asker
  void close_turn();
  void release_scratch();
  void end_batches();
  [[nodiscard]] bool is_batch_put_off();
  void ask_for_reads();
  void sweep_expired();
  void propose_swept(const std::vector<engine::Engine::Expired>& expired);
  void propose_swept(const std::vector<engine::Engine::ExpiredFields>& expired);

  // ---- service_eviction.cpp ----
  void follow_access_rules();
  [[nodiscard]] bool is_memory_short() const;
  [[nodiscard]] bool refuses_for_memory(const engine::CommandSpec& spec) const;
  [[nodiscard]] bool refuses_for_memory() const;  // commands that may need more
  [[nodiscard]] bool is_far_over_memory() const;
  [[nodiscard]] std::uint64_t content_limit() const;
  void evict_some();
  void free_buried();
  void note_memory(bool is_short);
  void wake_batch_stalled();
  void share_uses();
  void on(const UsesTold& message);
  void on(const AreYouThere& message) {
    out_.to_consensus.emplace_back(HereIAm{base::kFirstGroup, message.number});
  }
  void due(base::Instant when) { next_deadline_ = std::min(next_deadline_, when); }
  void line(LogLevel level, std::string text) { out_.lines.push_back({level, std::move(text)}); }

  // ---- service_input.cpp ----
  void make_ready(Session& session);
  void parse_ready();
  void parse(Session& session);
  bool parse_one(Session& session, bool& has_more);
  void set_parser_limits(Session& session);
  [[nodiscard]] bool needs_auth(const Session& session) const;
  void end_input(Session& session);
  void update_pause(Session& session);

  // ---- service_dispatch.cpp ---- false: the session stalls, the command stays unread
  bool take_command(Session& session, engine::Arguments argv);
  void refuse_http(Session& session);
  bool dispatch(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_write(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_read(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_local(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  [[nodiscard]] bool wants_write(const Session& session, const engine::CommandSpec& spec,
                                 engine::Arguments argv) const;
  [[nodiscard]] std::string refusal(const Session& session, const engine::CommandSpec& spec) const;
  [[nodiscard]] bool is_paused(const Session& session, const engine::CommandSpec& spec) const;
  [[nodiscard]] bool is_debug_allowed(const Session& session) const;
  void reject(Session& session, const engine::CommandSpec* spec, std::string_view error);
  bool stall(Session& session, Stall reason);
  // No write may be put behind what this session has waiting.
  [[nodiscard]] bool owes_too_much(const Session& session) const {
    return session.operations.large_replies() >= kLargeRepliesMax;
  }
  [[nodiscard]] bool may_reply_large(const engine::CommandSpec& spec, engine::Arguments argv) const;
  std::uint64_t push_write(Session& session, const engine::CommandSpec& spec,
                           std::optional<std::uint16_t> slot, bool may_be_large = false);

  // ---- service_routing.cpp ----
  // `slot_of`: called only if the answer needs it. kRefused: refused_ holds the error.
  [[nodiscard]] Route route(Session& session, const engine::CommandSpec& spec,
                            engine::Arguments argv);
  [[nodiscard]] Route route(Session& session, bool is_write, bool is_keyless, std::uint16_t slot);
  bool stall_for_leader(Session& session, const engine::CommandSpec& spec);
  void check_stalled();
  [[nodiscard]] bool is_leader() const { return leadership_.role == raft::Role::kLeader; }
  [[nodiscard]] bool is_serving_leader() const {
    return is_leader() && serves_term_ && clocks_.now >= doubted_until_ && !is_outside();
  }
  [[nodiscard]] bool has_lease() const {
    return clocks_.now < lease_.until && lease_.term == leadership_.term && is_serving_leader();
  }
  // Reads here need nothing but to be applied.
  [[nodiscard]] bool needs_no_evidence() const {
    return is_serving_leader() && (reads_need_no_evidence() || has_lease());
  }
  // It may ask its leader for a read index.
  [[nodiscard]] bool has_leader_elsewhere() const {
    return !is_leader() && !leadership_.leader.is_none();
  }
  [[nodiscard]] const PeerView* leader_view() const;
  [[nodiscard]] std::uint16_t slot_of(const engine::CommandSpec& spec,
                                      engine::Arguments argv) const;
  [[nodiscard]] std::optional<std::uint16_t> slot_if_keyed(const engine::CommandSpec& spec,
                                                           engine::Arguments argv) const;
  [[nodiscard]] std::string moved(std::uint16_t slot, const PeerView& leader) const;

  // ---- service_agreement.cpp ----
  [[nodiscard]] std::uint32_t rules_to_propose() const;
  [[nodiscard]] bool knows_rules_of(const raft::Entry& entry);
  [[nodiscard]] AppliedReport own_report() const;
  void on(const AppliedTold& message);
  void compare_with_members();
  void tell_members(const AppliedReport& report);
  void tell_of(const Agreement::Difference& difference);

  // ---- service_multi.cpp ----
  bool take_special(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool queue_in_multi(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  bool take_exec(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  [[nodiscard]] bool find_settings(Transaction& transaction);
  void refuse_special(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                      std::string_view text);
  bool exec_through_log(Session& session, const engine::CommandSpec& spec,
                        std::optional<std::uint16_t> slot);
  bool exec_as_read(Session& session, const engine::CommandSpec& spec, Route where,
                    std::optional<std::uint16_t> slot);
  bool exec_locally(Session& session, const engine::CommandSpec& spec);
  bool take_watch(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  void end_transaction(Session& session);
  void forget_watch(Session& session);
  [[nodiscard]] engine::ClientRef client_ref(const Session& session) const;

  // ---- service_blocking.cpp ----
  // The end of a wait that is to become an entry.
  struct Unblocking {
    engine::UnblockReason reason = engine::UnblockReason::kTimeout;
    std::uint64_t wait = 0;   // WaitingClient::sequence
    std::uint64_t batch = 0;  // 0: not proposed yet
  };
  bool take_blocking(Session& session, const engine::CommandSpec& spec, engine::Arguments argv);
  [[nodiscard]] bool is_waiting(const engine::Element& element) const;
  [[nodiscard]] bool waits_in_log(const Session& session) const;
  void deliver_served();
  void answer_blocked(Session& session, std::string_view reply);
  void propose_unblock(const engine::ClientRef& client, engine::UnblockReason reason);
  void propose_unblocks();
  void on_unblocks_refused(std::uint64_t batch);
  void forget_blocked(const engine::ClientRef& client);
  void forget_ghosts();
  void unblock_all();
  void doubt_lost_waits(bool all);
  void unblock_client(base::ConnectionId connection, bool with_error);
  void end_waits();
  void look_again();
  [[nodiscard]] bool is_blocked_reader(const Session& session) const;
  [[nodiscard]] bool may_look(const Operation& operation) const;
  [[nodiscard]] bool look(Session& session, Operation& operation);
  void watch_streams_of(const Session& session);
  void watch_streams_anew();
  void forget_reader(const Session& session);
  [[nodiscard]] bool waits_on(Session& session, Operation& operation, std::string_view reply);
  void release_readers(bool all);

  // ---- service_local.cpp ----
  void run_local(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                 resp::ReplyWriter& reply, LocalRequests& requests, bool is_in_exec,
                 bool is_in_log = false);
  void carry_out(Session& session, LocalRequests& requests, bool is_in_exec);
  void begin_waiting(Session& session, LocalRequests& requests);
  void propose_settings(Session& session, LocalRequests& requests, std::string reply);
  void refuse_settings(Session& session);
  void adopt_own_settings(const std::vector<Config::Change>& settings);
  void follow_settings();
  void end_waiting(const WaitingCommand& waiting, std::string_view reply);
  void check_waiting();
  void answer_all(WaitingKind kind, std::string_view reply);
  [[nodiscard]] Facilities facilities();

  // ---- service_answers.cpp ----
  void literal(Session& session, std::string_view reply, bool closes = false);
  void error(Session& session, std::string_view text, bool closes = false);
  void advance(Session& session);
  void force(Session& session, std::uint64_t operation);
  bool answer_read(Session& session, Operation& operation);
  bool answer_refused(Session& session, Operation& operation, bool is_forced);
  [[nodiscard]] bool evaluate(Session& session, Operation& operation, bool is_stale);
  [[nodiscard]] bool evaluate_all(Session& session, Operation& operation, bool is_stale,
                                  resp::ReplyWriter& reply);
  [[nodiscard]] bool evaluate_one(const engine::CommandSpec& spec, engine::Arguments argv,
                                  std::uint32_t database, bool is_stale, resp::ReplyWriter& reply,
                                  bool is_again = false, bool remembers = false);
  void answered(Session& session, const std::string& out, std::size_t before);
  void after_pop(Session& session);
  void count_reply(std::string_view reply);
  [[nodiscard]] std::string& reply_buffer(Session& session, bool is_silent);
  void serve_readers();
  void check_follower_reads();
  void refuse_to_follow(Session& session);

  // ---- service_apply.cpp ----
  void apply_some();
  std::size_t apply_entry(const raft::Entry& entry);  // the work it was, in elements
  std::size_t apply_batch(const raft::Entry& entry, SealedBatch* own);
  void apply_element(const engine::Element& element, const Waiter& waiter,
                     const raft::Entry& entry);
  void leave_out(const engine::Element& element, const Waiter& waiter, const raft::Entry& entry);
  class OwnExec;
  void apply_own(const engine::Element& element, Session& session, std::uint64_t operation,
                 const raft::Entry& entry);
  void note_own(Session& session, Operation& operation, const engine::Element& element,
                base::Duration took, std::string_view reply);

  // ---- service_membership.cpp ----
  void apply_membership(const raft::Entry& entry);
  void apply_dissolve(const raft::Entry& entry);
  void stand_outside(std::string why);
  [[nodiscard]] bool is_outside() const { return !outside_.empty(); }
  [[nodiscard]] bool reads_need_no_evidence() const;
  void announce_again();

  // ---- service_leadership.cpp ----
  void on_elected();
  void on_deposed();
  void begin_term();
  void begin_serving();
  void settle_as(std::vector<Waiter>& waiters, WriteFate fate);
  void settle_as(std::vector<SealedBatch>& batches, WriteFate fate);
  void seed_settings();
  void draw_hash_secret();
  void check_doubtful();
  void end_doubt();
  void revisit_all();

  // ---- service_checkpoint.cpp ----
  void advance_checkpoint();
  void begin_checkpoint();
  void begin_reload();
  void end_reload(std::string_view reply);

  // ---- service_loading.cpp ----
  void begin_loading(const raft::SnapshotMeta& meta);
  void load_again(const raft::SnapshotMeta& meta);
  void finish_loading();
  void work_on_loading();
  void report_loading();

  // ---- service_output.cpp ----
  void mark_dirty(Session& session);
  void tell_driver();
  [[nodiscard]] std::uint64_t output_bytes_max(const Session& session) const;
  [[nodiscard]] bool is_output_full(const Session& session) const {
    return session.unsent_bytes() >= kUnauthenticatedOutputBytesHigh &&
           session.unsent_bytes() >= output_bytes_max(session);
  }
  void go_on_with_read();
  void refresh_output_limits();
  void check_hard_limit(Session& session);
  void check_soft_limit(Session& session);
  void check_soft_limits();
  void close_idle();
  void kill(Session& session, std::string_view why);

  // ---- service_monitor.cpp ----
  [[nodiscard]] base::Instant stopwatch() const;
  // A command that was carried out: the counters of INFO, LATENCY, SLOWLOG, MONITOR.
  struct Noted {
    const engine::CommandSpec& spec;
    engine::Arguments argv;
    std::uint32_t database = 0;
    base::Duration took{};
    bool has_failed = false;  // its reply is an error
    bool is_blocked = false;  // it waits: SLOWLOG has it when it is served
  };
  void note_command(Session& session, const Noted& noted);
  void note_served(Session& session, Operation& operation, std::string_view reply);
  // One that takes no time to speak of (MULTI, DISCARD, QUIT, ...).
  void note_simple(Session& session, const engine::CommandSpec& spec, engine::Arguments argv,
                   bool has_failed = false);
  // One command of an EXEC.
  void note_queued(Session& session, const Transaction::Queued& queued, base::Duration took,
                   std::string_view reply);
  void note_exec(Session& session, const engine::CommandSpec& spec, const Transaction& transaction,
                 base::Instant begun, bool has_failed = false);
  void note_rejected(const engine::CommandSpec& spec) { ++statistics_.commands.of(spec).rejected; }
  void note_slow(Session& session, const Noted& noted);
  void show_to_monitors(const Session& session, engine::Arguments words, std::uint32_t database);
  void check_pushed(Session& session);
  void refresh_monitoring();

  // ---- service_pubsub.cpp ----
  void push(Session& session, std::string_view text) override;
  [[nodiscard]] OutputLimit push_limit_of(const Session& session) const;
  [[nodiscard]] const OutputLimit& limit_of(const Session& session) const {
    return session.subscriber.is_subscribed() ? push_limit_ : output_limit_;
  }
  // What is applied now has to tell; `by`: the client of this node whose command it is.
  void set_wanted_effects(LogIndex index);
  void deliver_effects(LogIndex index, const Session* by);
  void deliver_events(std::vector<engine::KeyspaceEvent> events);
  static void note_reads(const engine::CommandSpec& spec, engine::Arguments argv,
                         std::vector<engine::KeyNote>& notes);
  [[nodiscard]] engine::ReadObserver read_observer(bool remembers);
  void deliver_read(const Session& session);
  void forget_read();
  void tell_pubsub();

  // ---- service_stop.cpp ----
  enum class Stop : std::uint8_t { kNot, kFinishing, kTransferring, kRedirecting, kDrained };
  void advance_stop();
  void begin_redirecting();
  [[nodiscard]] bool is_over_redirecting();
  [[nodiscard]] bool takes_commands() const;

  ServiceOptions options_;
  SessionTable sessions_;
  Broker broker_{*this, options_.epoch};
  Tracking tracking_{*this, sessions_, options_.self};
  LineLimiter pubsub_lines_;
  LogIndex logged_;  // BaseMembership::logged
  Batcher batcher_;
  ReadTickets tickets_;
  Agreement agreement_;
  std::map<NodeId, std::uint32_t> rules_heard_;  // known by the members
  base::Instant report_rules_due_{};
  Checkpointer checkpointer_;
  Loader loader_{commands()};
  LogClock log_clock_;
  base::Prng prng_;
  Statistics statistics_;
  Monitoring monitoring_;
  LineLimiter http_lines_;
  std::vector<base::ConnectionId> monitors_;  // said MONITOR
  std::int64_t slow_threshold_us_ = -1, latency_threshold_ms_ = 0;
  std::size_t slow_log_length_max_ = 0;
  CheckpointStatus checkpoint_status_;
  LoadingStatus loading_status_;
  ClientPause client_pause_;
  ClusterView cluster_;
  Leadership leadership_;
  raft::Lease lease_;
  raft::Membership membership_;  // in force at applied_
  Term applied_term_;
  DiskState disk_;
  std::string outside_;        // of any cluster: what clients are told; empty: a member
  bool is_dissolved_ = false;  // this log holds a dissolve entry that took effect
  std::uint64_t next_cluster_request_ = 1;
  std::uint64_t next_progress_ = 1, progress_ = 0;  // WatchProgress; the newest that was answered

  base::Clocks clocks_;
  ServiceOutput out_;
  base::Instant next_deadline_{};
  std::vector<base::ConnectionId> dirty_;
  std::deque<FromConsensus> from_consensus_;
  std::deque<FromState> from_state_;
  std::deque<base::ConnectionId> ready_;           // sessions to parse
  std::vector<base::ConnectionId> batch_stalled_;  // wait for the open batch to be sealed
  std::vector<base::ConnectionId> timed_stalls_;   // wait for a leader or the end of a pause
  std::deque<raft::EntryPtr> to_apply_;
  LogIndex applied_told_;
  Applying applying_nowhere_;   // where options_ name no place
  SkippedEntry skipped_entry_;  // raft-skip-entry
  std::deque<WaitingCommand> waiting_;
  std::map<engine::ClientRef, Unblocking> unblocking_;
  bool has_unproposed_unblocks_ = false;
  std::set<base::ConnectionId> to_look_;  // blocked reads that may find something
  std::set<std::pair<base::Instant, base::ConnectionId>> read_deadlines_;  // of blocked reads
  bool is_looking_ = false;

  bool serves_term_ = false;  // an entry of the own term was applied
  bool was_leader_ = false;   // ever, in this process: its connections may have watches in the log
  std::uint64_t first_batch_ = 0;  // the batch whose commit opens the term; 0: none under way
  base::Instant begin_term_again_{};
  base::Instant leaderless_since_{};
  base::Instant ask_again_{};
  base::Instant sealed_at_{};      // the last batch
  bool is_batch_put_off_ = false;  // the open one waits, for a checkpoint is far behind
  std::optional<base::Instant> asked_leader_since_;  // reads of a follower; none: nothing is owed
  base::Instant doubted_until_{};  // consensus refused a batch as if this were no leader: its word
                                   // on that is awaited
  bool was_down_told_ = false;  // queues have been answered CLUSTERDOWN since the leader was lost
  bool has_followed_ = false;   // a leader other than this node was known since the start
  bool must_revisit_ = false;
  bool is_active_expiry_ = true;
  bool is_sweep_under_way_ = false;
  base::Instant sweep_due_{};
  bool is_eviction_under_way_ = false;
  base::Instant uses_due_{};
  base::UnixMillis read_now_ms_ =
      0;  // what reads count as now while a batch's readers are served; 0: the log clock
  bool is_apply_paused_ = false;  // DEBUG RELOAD
  bool is_silent_ = false;        // of the command being taken
  Stop stop_ = Stop::kNot;
  base::Instant stop_deadline_{};
  bool has_stop_deadline_ = false;
  base::Instant report_due_{};  // of loading
  base::Instant second_began_{};
  Statistics second_base_;

  OutputLimit output_limit_, push_limit_;  // client-output-buffer-limit: classes normal, pubsub
  base::Instant soft_limits_due_{};
  std::vector<base::ConnectionId> going_on_;  // whose clients have read enough to be served again

  // Scratch, kept for its capacity.
  std::string refused_, scratch_, silent_;
  std::vector<std::string_view> words_;
  engine::ElementStream elements_{engine_};
  engine::Effects effects_;
  std::vector<engine::KeyspaceEvent> missed_keys_;  // of a read that is being answered
  std::vector<engine::KeyNote> read_keys_;          // of one that is to be tracked
};

}  // namespace node
