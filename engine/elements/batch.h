// The payload of a kBatch log entry: the leader's time, a seed, the rules and its limit of memory,
// then elements in the order they take effect. The bytes are written once, by the session that
// parsed the command, and are log payload and wire payload alike. Format: docs/formats.md, chapter
// Batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/ids.h"
#include "base/time.h"
#include "engine/command/command.h"
#include "engine/rules/rules.h"

namespace engine {

// A client connection for the whole cluster: connections are never reused within an epoch (one run
// of a node).
struct ClientRef {
  base::NodeId node;
  std::uint64_t epoch = 0;
  base::ConnectionId connection;
  friend auto operator<=>(const ClientRef&, const ClientRef&) = default;
};

enum class ElementKind : std::uint8_t {
  kCommand = 1,  // one command
  kExec = 2,   // MULTI's commands as one step; judged against the client's watch first (decision 6)
  kWatch = 3,  // client, database, keys
  kUnwatch = 4,  // client: forget its watches (UNWATCH, DISCARD, RESET, disconnect)
  kSwept = 5,    // keys that the leader saw expired: deleted if their expiry is still the one given
                 // (decision 3)
  kDropClients = 6,  // first entry of a term: watches and waiters of all nodes but those listed go
  kSetting = 7,      // a replicated setting (decision 8): name, value
  kEvicted = 8,  // keys that the leader wants gone because its memory is short: deleted if they are
                 // still what it saw (decision 4)
  kBlocking = 9,      // a command that may leave its client waiting (decision 5)
  kUnblock = 10,      // a client waits no longer: client, why, in which of its waits
  kSweptFields = 11,  // hashes whose fields the leader saw expired: so many of the earliest go if
                      // the first one's time is still the one given (decision 3)
};

enum class UnblockReason : std::uint8_t {
  kTimeout = 0,  // its time is up, or CLIENT UNBLOCK TIMEOUT
  kError = 1,    // CLIENT UNBLOCK ERROR
  kGone = 2,     // nobody wants the reply
  kForced = 3,   // its node stops or has lost its say
};

struct QueuedCommand {
  std::uint32_t database = 0;
  bool is_local = false;  // carried out by the origin's node at this place; changes no state
  std::vector<std::string_view> argv;
  // Of a local CONFIG SET: replicated settings, name and value in turn, that every node takes over
  // at this place.
  std::vector<std::string_view> settings = {};
};

struct SweptKey {
  std::uint32_t database = 0;
  std::string_view key;
  base::UnixMillis expiry_ms = 0;
};

struct SweptFields {
  std::uint32_t database = 0;
  std::string_view key;
  base::UnixMillis first_ms = 0;
  std::uint64_t count_max = 0;
};

struct EvictedKey {
  std::uint32_t database = 0;
  std::string_view key;
  std::uint64_t fingerprint = 0;  // engine/state/eviction.h
};

// One decoded element; views point into the payload. Only the fields of its kind are set. Reused
// between elements.
struct Element {
  ElementKind kind = ElementKind::kCommand;
  bool memory_short = false;
  std::uint32_t database = 0;
  std::string_view user;     // empty: default
  ClientRef client;          // kExec (with has_watch), kWatch, kUnwatch, kBlocking, kUnblock
  std::uint8_t version = 2;  // kBlocking: RESP version of the reply
  UnblockReason reason = UnblockReason::kTimeout;  // kUnblock
  std::uint64_t wait = 0;                          // kUnblock: which of its waits, 0: any
  bool has_watch = false;                          // kExec: the client has a watch in the log
  std::vector<std::string_view> argv;     // kCommand; kWatch: the keys; kSetting: name, value
  std::vector<QueuedCommand> commands;    // kExec
  std::vector<SweptKey> swept;            // kSwept
  std::vector<SweptFields> swept_fields;  // kSweptFields
  std::vector<EvictedKey> evicted;        // kEvicted
  std::vector<base::NodeId> kept_nodes;   // kDropClients
};

class BatchWriter {
 public:
  BatchWriter();
  void command(std::uint32_t database, std::string_view user, bool memory_short, Arguments argv);
  void exec(const ClientRef& client, bool has_watch, std::string_view user, bool memory_short,
            const std::vector<QueuedCommand>& commands);
  void watch(const ClientRef& client, std::uint32_t database, Arguments keys);
  void unwatch(const ClientRef& client);
  void swept(const std::vector<SweptKey>& keys);
  void swept_fields(const std::vector<SweptFields>& hashes);
  void evicted(const std::vector<EvictedKey>& keys);
  void drop_clients(const std::vector<base::NodeId>& kept_nodes);
  void setting(std::string_view name, std::string_view value);
  void blocking(const ClientRef& client, int version, std::uint32_t database, std::string_view user,
                bool memory_short, Arguments argv);
  void unblock(const ClientRef& client, UnblockReason reason, std::uint64_t wait);

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::size_t size_bytes() const { return payload_.size(); }
  // Fills in what stands before the elements and gives the payload away; the writer is empty again.
  // A batch without elements is a plain time entry. `content_limit`: as EntryContext has it.
  [[nodiscard]] std::string seal(base::UnixMillis time_ms, std::uint64_t seed,
                                 std::uint64_t content_limit = 0,
                                 std::uint32_t rules = kRulesKnown);

 private:
  void begin_element(ElementKind kind, bool memory_short, std::string_view user);
  std::string payload_;
  std::uint32_t count_ = 0;
};

class BatchReader {
 public:
  // Views stay valid as long as `payload`.
  explicit BatchReader(std::string_view payload);
  [[nodiscard]] bool ok() const;  // header and everything read so far is well-formed
  [[nodiscard]] base::UnixMillis time_ms() const { return time_ms_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] std::uint64_t content_limit() const { return content_limit_; }
  // That it is to be applied by; above kRulesKnown: not by this program.
  [[nodiscard]] std::uint32_t rules() const { return rules_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // The next element into `element`; false at the end or when malformed (then ok() is false).
  [[nodiscard]] bool next(Element& element);

 private:
  void read_commands(Element& element);
  void read_swept(Element& element);
  void read_swept_fields(Element& element);
  void read_evicted(Element& element);
  void read_kept(Element& element);
  base::Decoder in_;
  base::UnixMillis time_ms_ = 0;
  std::uint64_t seed_ = 0;
  std::uint64_t content_limit_ = 0;
  std::uint32_t rules_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t read_ = 0;
  std::uint8_t version_ = 0;
  bool malformed_ = false;
};

// Of a sealed batch that another node proposes: what stands before its elements is the proposer's,
// but for the seed, by which whoever sealed it knows it again. CHECKs that it is a batch as
// BatchWriter makes them: see is_sealed.
void stamp_anew(std::string& payload, base::UnixMillis time_ms, std::uint64_t content_limit,
                std::uint32_t rules);
// Every element of it can be read, and nothing is older than this program's way to write it.
[[nodiscard]] bool is_sealed(std::string_view payload);

}  // namespace engine
