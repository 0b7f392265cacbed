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
#include "engine/access.h"
#include "engine/engine.h"
#include "engine/keyspace.h"
#include "engine/settings.h"
#include "engine/waiters.h"
#include "engine/watches.h"

namespace engine {

class Engine::State {
 public:
  State();

  base::UnixMillis time_ms = 0;
  std::uint64_t entry_seed = 0;
  std::uint64_t element_number = 0;  // within the entry
  Graveyard graveyard;               // of all keyspaces
  std::array<std::unique_ptr<Keyspace>, base::limits::kDatabases> databases;
  std::uint64_t next_keyspace_id = 1;
  Watches watches;
  Waiters waiters;
  std::uint64_t stream_changes = 0;  // of any key; no state
  std::uint64_t changes = 0;         // commands that changed something; no state
  // Keys that XREAD BLOCK waits for on this node, and as which change they were first changed
  // since; 0: not yet. No state.
  std::map<Waiters::Place, std::uint64_t> watched_streams;
  void count_change(std::uint32_t number, std::string_view key) {
    ++stream_changes;
    if (!watched_streams.empty()) note_change(number, key);
  }
  void note_change(std::uint32_t number, std::string_view key);
  Settings settings;
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

  [[nodiscard]] Presence presence(std::uint32_t number, std::string_view key) const;

  // A collection was changed: it is told when the step ends, if it wants to know.
  void note_step(const CollectionRef& collection) {
    if (collection && collection->has_holes()) stepped.push_back(collection);
  }
  // One element is over: holes close.
  void end_step();
  // Flushed keyspaces lose some entries.
  void free_retired(std::size_t count);
  void flush_database(std::uint32_t number);
  void swap_databases(std::uint32_t first, std::uint32_t second);

  // ---- checkpoint.cpp ----
  void begin_checkpoint(bool is_full);
  bool take_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                 std::vector<std::uint64_t>& dropped);
  void finish_checkpoint();
  [[nodiscard]] std::size_t backlog_bytes() const;
  [[nodiscard]] base::Status load_row(const base::Row& row);
  [[nodiscard]] base::Status finish_load();
  [[nodiscard]] std::string encode_system() const;

 private:
  void emit_system(std::vector<base::Row>& rows);
  [[nodiscard]] bool load_system();
  [[nodiscard]] Keyspace* loading_keyspace(std::uint64_t id);

  std::vector<std::unique_ptr<Keyspace>>
      retired_;  // flushed; freed in slices, or still being written
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
