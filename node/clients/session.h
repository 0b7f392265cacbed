// One client connection: what it said so far (unread bytes, the parser), what it is owed
// (operations), what waits to be sent, and its modes. Modes are those in force for the next command
// parsed; an operation has captured its own. Plain data with the few rules that need no machine;
// the chapters of this room move it. Thread: service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "engine/elements/batch.h"
#include "node/clients/connect_info.h"
#include "node/clients/maintenance/mode.h"
#include "node/clients/operation.h"
#include "node/clients/pubsub/subscriber.h"
#include "node/clients/read_mode.h"
#include "node/clients/tracking/mode.h"
#include "node/clients/transaction.h"
#include "resp/input_buffer.h"
#include "resp/parser.h"

namespace node {

enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

// ---- what a client is owed (docs/decisions/output-is-bounded.md) ----
// A session whose unsent output is above this, and above what its client has sent meanwhile (up to
// the second bound), is served no further until half of it was read.
inline constexpr std::size_t kOutputBytesHigh = 1024 * 1024;
inline constexpr std::size_t kOutputBytesAskedMax = 64 * 1024 * 1024;
inline constexpr std::size_t kUnauthenticatedOutputBytesHigh = 16 * 1024;
// Unanswered commands of one session whose replies have no small bound and may have to be made
// although its output is full, because a write stands behind them.
inline constexpr std::size_t kLargeRepliesMax = 256;
static_assert(kUnauthenticatedOutputBytesHigh < kOutputBytesHigh);

// Why a session parses no further for now. Its bytes stay unread, so order is kept.
enum class Stall : std::uint8_t {
  kNone,
  kBarrier,     // until its operations are answered
  kLeader,      // until there is a leader to serve or to name, at most until `stall_deadline`
  kBatchFull,   // until the open batch is sealed
  kQueueFull,   // until some operations are answered
  kPaused,      // CLIENT PAUSE
  kOutputFull,  // until its client has read some of what it is owed
  kWaiting,  // a command under way (WAIT, SAVE, DEBUG RELOAD, CONFIG SET of a replicated setting)
};

struct Session : Addressee {
  Session(base::ConnectionId connection, ConnectInfo connect_info, base::Instant now)
      : id(connection), info(std::move(connect_info)), created(now), last_active(now) {}

  const base::ConnectionId id;
  const ConnectInfo info;
  const base::Instant created;
  base::Instant last_active;

  // Of its door: the dialect of Redis Cluster, or that of one Redis alone. What is not this node's
  // to answer is forwarded where the latter holds (`forward`), else refused.
  bool speaks_cluster = true, is_forwarded = false;
  // A follower answers its reads by the leader's read index, and sends none away.
  [[nodiscard]] bool may_follow() const { return is_forwarded || reads.may_follow(); }

  // ---- modes ----
  std::uint32_t database = 0;
  std::uint8_t version = 2;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool is_authenticated = false;
  bool is_readonly = false;  // READONLY
  ReadMode reads;            // CLIENT READS
  bool is_asking = false;
  bool no_evict = false, no_touch = false;
  bool is_monitor = false;  // MONITOR
  bool redirects = false;   // CLIENT CAPA redirect
  std::string user;         // empty: default
  std::string name, library_name, library_version;

  // ---- pub/sub ----
  Subscriber subscriber;
  // In RESP2 it may then say little else (Redis 7.0).
  [[nodiscard]] bool is_listening() const { return version == 2 && subscriber.is_subscribed(); }

  TrackingMode tracking;
  MaintenanceMode maintenance;

  // ---- MULTI, WATCH ----
  bool in_multi = false;
  Transaction transaction;
  bool has_watch = false;        // a kWatch element of this connection is in the log or on its way
  std::size_t watched_keys = 0;  // for CLIENT LIST

  // ---- input ----
  resp::InputBuffer input;
  resp::RequestParser parser;
  Stall stall = Stall::kNone;
  base::Instant stall_deadline{};
  bool has_stall_deadline = false;
  bool is_paused = false;      // the driver does not read from it
  bool is_input_over = false;  // QUIT, protocol error, limit: nothing more is parsed
  bool is_queued_to_parse = false;
  bool is_listed_as_reader =
      false;  // stands in the list of those whose front operation waits for evidence

  // ---- operations ----
  OperationRing operations;
  std::size_t elements_under_way = 0;  // of batches that name this session
  bool is_gone = false;                // disconnected; kept until no batch names it
  base::LogIndex last_write;           // its newest write that was applied, for WAIT

  // ---- output ----
  std::string output;
  std::size_t output_sent = 0;
  bool is_dirty = false;
  bool closes_when_sent = false, is_close_told = false;
  bool is_overfull = false;         // of what it is sent unasked: it is closed when the turn ends
  bool is_killed = false;           // closes at once: nothing more is written to it
  bool waits_for_output = false;    // parsing or a read stopped because its output is full
  bool is_queued_to_go_on = false;  // its client has read enough of it
  std::optional<base::Instant> over_soft_limit_since;
  [[nodiscard]] std::size_t unsent_bytes() const { return output.size() - output_sent; }
  // Received since it was last owed nothing, less what it has read since.
  std::uint64_t asked_bytes = 0;

  // ---- for CLIENT LIST and INFO ----
  const engine::CommandSpec* last_command = nullptr;
  std::uint64_t commands = 0;

  // It waits for something that others have to bring.
  [[nodiscard]] bool is_blocked() const {
    return !operations.empty() && operations.front().is_blocked;
  }

  [[nodiscard]] bool is_blocked_reader() const {
    return is_blocked() && operations.front().kind == OperationKind::kRead;
  }
  // No write may be put behind what it has waiting.
  [[nodiscard]] bool owes_too_much() const {
    return operations.large_replies() >= kLargeRepliesMax;
  }

  // RESET: as if just connected, authentication included if a password is set.
  void reset_modes();
};

// What CLIENT ID says: the node in the high bits (DESIGN decision 5), exact as a double.
[[nodiscard]] std::int64_t client_id(base::NodeId node, base::ConnectionId connection);

}  // namespace node
