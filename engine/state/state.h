// The inside of the Engine: databases (names for keyspaces), watches, settings, log time, and the
// checkpoint under way.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/limits.h"
#include "engine/command/denial.h"
#include "engine/command/table.h"
#include "engine/keyspace/access.h"
#include "engine/rules/rules.h"
#include "engine/rules/settings.h"
#include "engine/state/applied_digest.h"
#include "engine/state/keyspace.h"
#include "engine/state/predecessors.h"
#include "engine/state/statistics.h"
#include "engine/state/stream_watches.h"
#include "engine/state/waiters.h"
#include "engine/state/watches.h"
#include "engine/users/users.h"

namespace engine {

namespace scripts {
struct ScriptState;
}

class State {
 public:
  explicit State(const CommandTable& table);
  ~State();

  const CommandTable& commands;
  base::UnixMillis time_ms = 0;
  std::uint64_t entry_seed = 0;
  std::uint64_t element_number = 0;  // within the entry
  std::uint64_t content_limit = 0;   // of the entry; 0: none
  // content_bytes() when the EXEC under way began; kNoExec outside of one.
  static constexpr std::uint64_t kNoExec = UINT64_MAX;
  std::uint64_t content_before_exec = kNoExec;
  // What follows refers to the settings' secret.
  Settings settings;
  void set_setting(std::string_view name, std::string_view value);
  Graveyard graveyard;  // of all keyspaces
  Predecessors predecessors;
  std::array<std::unique_ptr<Keyspace>, base::limits::kDatabases> databases;
  std::uint64_t next_keyspace_id = 1;
  Watches watches;
  Waiters waiters;
  std::unique_ptr<scripts::ScriptState> script_state;  // never null
  users::Users users;
  // By whom the command under way is judged, and who notes what it is refused; no state. Nobody: it
  // may do everything.
  struct Actor {
    const users::User* user = nullptr;
    std::vector<users::Denial>* denials = nullptr;
  };
  mutable Actor actor;
  StreamWatches stream_watches;   // no state
  std::uint64_t key_changes = 0;  // of any key; no state
  std::uint64_t changes = 0;      // commands that changed something; no state
  std::uint32_t rules = 0;
  AppliedDigest applied;
  void take_rules(base::LogIndex index, std::uint32_t number);
  // A key was created or changed, or is gone.
  void digest_key(std::uint32_t number, std::string_view key) {
    if (!applied.since.is_none()) applied.add(key), applied.add(number);
  }
  void digest_entry(const Entry& entry) {
    if (!applied.since.is_none()) applied.add(entry);
  }
  // An element, or a command of an EXEC, was answered: its length as every node counts it, whoever
  // builds the reply (resp/reply_writer.h).
  void digest_reply(std::uint64_t counted) {
    if (rules >= kRulesWithReplies) applied.add(counted);
  }
  // Users were changed: `bytes` say who and how.
  void digest_users(std::string_view bytes) {
    if (!applied.since.is_none()) applied.add(bytes);
  }
  void end_digest();
  CommandWatch* command_watch = nullptr;
  void watch_command(const CommandSpec* command) const {
    if (command_watch != nullptr) command_watch->on_command(command);
  }
  bool may_have_holes = false;         // a key was removed in this step
  std::vector<CollectionRef> stepped;  // collections with holes of this step
  mutable Statistics statistics;
  mutable AccessClock access;
  mutable std::array<std::uint64_t, base::limits::kDatabases> expiry_cursor{};

  [[nodiscard]] Keyspace& database(std::uint32_t number) { return *databases[number]; }
  [[nodiscard]] const Keyspace& database(std::uint32_t number) const { return *databases[number]; }
  // By its own time, or because all its fields are past theirs.
  [[nodiscard]] bool is_expired(const Entry& entry) const {
    if (entry.has_expiry() && entry.expiry_ms() <= time_ms) return true;
    const Collection* collection = entry.collection();
    return collection != nullptr && collection->is_over(time_ms);
  }

  // What keys and values hold, in all databases: a function of the state alone, the same on a node
  // that replayed the log and on one that loaded a checkpoint (DESIGN decision 4).
  [[nodiscard]] std::uint64_t content_bytes() const;
  // Whether a command that may need memory is to be refused.
  [[nodiscard]] bool is_content_over() const {
    return content_limit != 0 && content_bytes() > content_limit;
  }
  // What is left of growth-bytes-max for the element under way.
  [[nodiscard]] std::uint64_t growth_left() const;

  // The type of what is there, though it may be past its time; none: nothing.
  [[nodiscard]] std::optional<Type> type_of(std::uint32_t number, std::string_view key) const;
  // The key may now hold what somebody waits for, or hold it no longer: those who wait for it are
  // looked at when the step ends, in the order of these calls.
  void note_arrival(std::uint32_t number, std::string_view key);
  // Something became of the key. By rules below kRulesWithArrivals each change was an arrival.
  void note_change(std::uint32_t number, std::string_view key) {
    if (rules < kRulesWithArrivals && !waiters.empty()) touch_waiters(number, key);
  }
  [[nodiscard]] Presence presence(std::uint32_t number, std::string_view key) const;

  // A collection was changed: it is told when the step ends, if it wants to know.
  void note_step(const CollectionRef& collection) {
    if (collection && collection->has_holes()) stepped.push_back(collection);
  }
  // One element is over: holes close.
  void end_step();
  [[nodiscard]] std::uint64_t memory_bytes() const;  // of the databases
  // Of what is no longer part of the state and not yet freed.
  [[nodiscard]] std::uint64_t buried_bytes() const;
  // Flushed keyspaces lose some entries, dropped collections some elements; true if there is more
  // that can be freed now.
  bool free_retired(std::size_t count);
  // Another state takes its place: from now on all there is to it is to be freed (free_retired).
  void retire();
  void flush_database(std::uint32_t number);
  void swap_databases(std::uint32_t first, std::uint32_t second);

  // ---- checkpoint.cpp ----
  void begin_checkpoint(bool is_full);
  bool take_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                 std::vector<std::uint64_t>& dropped);
  void finish_checkpoint();
  void abandon_checkpoint();
  [[nodiscard]] std::size_t backlog_bytes() const;
  [[nodiscard]] base::Status load_row(const base::Row& row);
  [[nodiscard]] base::Status finish_load();
  [[nodiscard]] std::string encode_system(const AppliedDigest& digest) const;

 private:
  void emit_system(std::vector<base::Row>& rows);
  void free_after_step();
  // As Waiters::touch asks it of the database's keys.
  [[nodiscard]] auto is_ready_in(std::uint32_t number) const;
  [[nodiscard]] auto is_stream_in(std::uint32_t number) const;
  void touch_waiters(std::uint32_t number, std::string_view key);
  [[nodiscard]] bool load_system();
  [[nodiscard]] Keyspace* loading_keyspace(std::uint64_t id);

  std::vector<std::unique_ptr<Keyspace>>
      retired_;                         // flushed; freed in slices, or still being written
  std::uint64_t bytes_after_step_ = 0;  // with what is buried; 0: nothing was
  bool is_checkpointing_ = false;
  std::vector<base::Row> system_rows_;
  std::uint64_t system_rows_stored_ = 0, system_rows_emitted_ = 0;
  std::vector<std::uint64_t> dropped_;         // flushed since the last checkpoint was begun
  std::vector<std::uint64_t> dropped_frozen_;  // belong to the checkpoint under way
  bool is_dropped_sent_ = false;
  std::string loading_system_;
  bool is_system_loaded_ = false;
};

}  // namespace engine
