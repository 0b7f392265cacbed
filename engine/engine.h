// The deterministic Redis: a state that is a function of the log's prefix alone. Knows no sockets,
// no clock, no disk. apply() changes it, query() reads it. Thread: the service thread of its node
// (or a simulator).
//
// Entries are applied in log order: begin_entry, apply for each element, end_entry. Checkpoints are
// taken between entries and come out in slices while later entries are applied: a row about to
// change while it waits is emitted first (DESIGN decision 18). Loading goes the other way and
// restores exactly, order included (decision 2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "base/row.h"
#include "base/time.h"
#include "engine/command/command.h"
#include "engine/command/request.h"
#include "engine/elements/batch.h"
#include "engine/elements/effects.h"
#include "engine/keyspace/eviction_policy.h"
#include "engine/script_facts.h"
#include "engine/state/applied_digest.h"
#include "engine/state/candidates.h"
#include "engine/state/statistics.h"
#include "engine/state/stream_watches.h"
#include "engine/users/users.h"
#include "resp/reply_writer.h"

namespace engine {

class State;  // engine/state/state.h, for the engine's own files

// What reads or changes the state: all that an engine carries out.
[[nodiscard]] const CommandTable& engine_commands();

class Engine {
 public:
  // `commands` outlives the engine; a node gives its own, which has what it answers itself too.
  explicit Engine(const CommandTable& commands = engine_commands());
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  void begin_entry(const EntryContext& entry);
  // Writes the element's reply, within reply-bytes-max (nothing for kinds without one: kSwept,
  // kSweptFields, kEvicted, kDropClients, kUnblock, and kBlocking if its client waits now; +OK for
  // kWatch and kUnwatch).
  void apply(const Element& element, resp::ReplyWriter& reply, Effects& effects,
             LocalCommands* local = nullptr, class ExecObserver* observer = nullptr);
  void end_entry();
  void set_command_watch(CommandWatch* watch);  // outlives the engine; nullptr: nobody
  // Hints for elements that are applied soon, so that their keys' memory is fetched meanwhile:
  // step 0, 1 and 2 in this order, with other work in between. `foreseen`: one per element.
  struct Foreseen {
    std::uint64_t hash = 0, position = 0;
  };
  void foresee(const Element& element, int step, Foreseen& foreseen) const;

  // The reply is within reply-bytes-max; several queries of one writer share it (an EXEC of reads).
  // `met`: as in Redis, a read that meets an expired key is answered when that key is gone. Gets
  // the expired keys of a read that needs time, at most 1,000, to be proposed as kSwept.
  using Expired = ExpiredKey;
  [[nodiscard]] QueryOutcome query(const Query& query, resp::ReplyWriter& reply,
                                   std::vector<Expired>* met = nullptr) const;

  // Whether the read would change bytes now and becomes a write (CommandSpec::wants_write).
  [[nodiscard]] bool wants_write(const Query& query) const;
  // Clients that wait (DESIGN decision 5): whether this one does, and in which of its waits
  // (WaitingClient::sequence); whose time is up by the leader's clock, and when the next one's is.
  [[nodiscard]] bool is_waiting(const ClientRef& client) const;
  [[nodiscard]] std::optional<std::uint64_t> wait_of(const ClientRef& client) const;
  [[nodiscard]] std::vector<ClientRef> waiters_of(base::NodeId node, std::uint64_t epoch) const;
  // What clients of other runs of the node have left: who waits, who watches.
  [[nodiscard]] std::vector<ClientRef> waiters_left_by(base::NodeId node,
                                                       std::uint64_t epoch) const;
  [[nodiscard]] std::vector<ClientRef> watches_left_by(base::NodeId node,
                                                       std::uint64_t epoch) const;
  // Somebody waits or watches who is a client of none of these nodes.
  [[nodiscard]] bool has_clients_beside(const std::vector<base::NodeId>& nodes) const;
  [[nodiscard]] std::vector<ClientRef> expired_waiters(base::UnixMillis now_ms,
                                                       std::size_t count_max) const;
  [[nodiscard]] std::optional<base::UnixMillis> next_waiter_deadline(base::UnixMillis now_ms) const;
  // For XREAD BLOCK, which waits on its node alone: who watches which streams (no part of the
  // state, and gone with this Engine), and the last id of one ("0-0": there is none).
  [[nodiscard]] StreamWatches& stream_watches();
  [[nodiscard]] std::string last_stream_id(std::uint32_t database, std::string_view key) const;

  [[nodiscard]] base::UnixMillis time_ms() const;  // the log's: of the last applied entry
  // Keys whose expiry is at or before now_ms, at most `count_max`, for the leader to propose as
  // kSwept. Owned copies.
  [[nodiscard]] std::vector<Expired> expired(base::UnixMillis now_ms, std::size_t count_max) const;
  // The same for fields of hashes, at most `count_max` of them together, as kSweptFields.
  using ExpiredFields = engine::ExpiredFields;
  [[nodiscard]] std::vector<ExpiredFields> expired_fields(base::UnixMillis now_ms,
                                                          std::size_t count_max) const;
  [[nodiscard]] bool has_field_times() const;

  // ---- eviction (decision 4) ---- All of it hints, but for what comes back as kEvicted.
  using Victim = engine::Victim;
  // Victims of at least `bytes_wanted` together, at most `count_max`, for the leader to propose as
  // kEvicted. Empty only if the policy has no candidate.
  [[nodiscard]] std::vector<Victim> victims(const EvictionPolicy& policy, base::UnixMillis now_ms,
                                            std::uint64_t bytes_wanted, std::size_t count_max,
                                            base::Prng& prng) const;
  [[nodiscard]] bool has_victims(const EvictionPolicy& policy) const;
  // How uses of keys are noted from now on.
  void set_access_rules(const AccessRules& rules);
  // The keys read here since the last call, if the rules say so: for other nodes' note_uses. Opaque
  // bytes, at most about 40 KB.
  [[nodiscard]] std::string take_uses();
  // Another node's take_uses; what is malformed or unknown is ignored.
  void note_uses(std::string_view uses, base::UnixMillis now_ms);

  // Over the whole state, order and non-key state included: equal states, equal digests.
  [[nodiscard]] std::uint64_t digest() const;

  // For DEBUG OBJECT and its like; nullopt: there is no such key (by the log's time).
  struct ObjectFacts {
    std::string_view encoding;
    std::uint64_t position = 0, references = 1, count = 0;  // count: of elements
    std::uint64_t serialized_bytes = 0;                     // about what a checkpoint writes
    std::uint32_t access = 0;                               // engine/keyspace/access.h
    std::int64_t idle_s = 0;  // 0 where frequencies are counted instead
  };
  [[nodiscard]] std::optional<ObjectFacts> object_facts(std::uint32_t database,
                                                        std::string_view key,
                                                        base::UnixMillis now_ms) const;
  // Over keys and values alone, whatever their order (DEBUG DIGEST): 40 hex digits, zeros if none.
  [[nodiscard]] std::string dataset_digest() const;
  [[nodiscard]] std::string value_digest(std::uint32_t database, std::string_view key) const;

  // INFO's keyspace section, memory, counters.
  struct DatabaseInfo {
    std::uint32_t database = 0;
    std::uint64_t keys = 0, expires = 0;
    std::int64_t average_ttl_ms = 0;
  };
  [[nodiscard]] std::vector<DatabaseInfo> databases() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // What keys and values hold: a function of the state alone, unlike memory_bytes(), which is what
  // this node needs for it. Entries carry their limit in this unit.
  [[nodiscard]] std::uint64_t content_bytes() const;
  [[nodiscard]] std::uint64_t buried_bytes() const;  // deleted and not yet freed; no state
  bool free_buried(std::size_t count);               // some of it; true if there is more
  void bury(Engine&& replaced);  // this one has taken its place, or it was never complete
  [[nodiscard]] const Statistics& statistics() const;
  [[nodiscard]] ScriptFacts script_facts() const;
  // How many commands have changed something here since this engine was made.
  [[nodiscard]] std::uint64_t changes() const;
  void reset_statistics();
  // Replicated settings (decision 8); nullopt: no such setting.
  [[nodiscard]] std::optional<std::string> setting(std::string_view name) const;
  [[nodiscard]] const users::Users& users() const;  // replicated too
  // Keys of a slot in database 0. O(keys) is acceptable.
  [[nodiscard]] std::vector<std::string> keys_in_slot(std::uint16_t slot, std::size_t most) const;
  [[nodiscard]] std::size_t count_keys_in_slot(std::uint16_t slot) const;

  // By which rules the last entry was applied, and the running digest behind it.
  [[nodiscard]] std::uint32_t rules() const;
  [[nodiscard]] AppliedDigest applied_digest() const;

  // -- checkpoint
  // Freezes the state as it is now (between entries); a former unfinished checkpoint is abandoned
  // (its rows count as changed again). `is_full`: all rows, not only those changed since the last
  // finished checkpoint.
  void begin_checkpoint(bool is_full);
  // Moves ready rows to `rows` until about bytes_max; true when everything is out. Rows that had to
  // be emitted early by apply() come first. Keyspaces flushed since the last checkpoint are
  // appended to `dropped_keyspaces`.
  [[nodiscard]] bool take_checkpoint_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                                          std::vector<std::uint64_t>& dropped_keyspaces);
  // The store made it durable: what was frozen is now clean.
  void finish_checkpoint();
  // It failed. Its rows count as changed again, and nothing more is kept for it.
  void abandon_checkpoint();
  // Bytes of rows that wait because apply() had to emit them.
  [[nodiscard]] std::size_t checkpoint_backlog_bytes() const;

  // -- load
  // Into a fresh engine: all rows in key order, then finish_load. Errors name the row. After it
  // everything is clean.
  [[nodiscard]] base::Status load_row(const base::Row& row);
  void expect_growth(double times);  // what has been loaded is one part in so many
  [[nodiscard]] base::Status finish_load();

 private:
  std::unique_ptr<State> state_;
};

}  // namespace engine
