// Opening the state store: its settings, its version, and whether its tables are those that this
// version makes. A flipped bit in a table's name must not make it a store that is empty.
#include <sqlite3.h>

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "persistence/sqlite_statements.h"
#include "persistence/sqlite_store.h"

namespace persistence {
namespace {

constexpr const char* kSettings =
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
    // Debian's SQLite writes zeros over what is deleted, once into the WAL and once into the file.
    "PRAGMA secure_delete=OFF;";
constexpr std::uint64_t kVersion = 1;  // PRAGMA user_version

struct Table {
  const char* name;
  const char* sql;  // as SQLite keeps it
};
constexpr Table kTables[] = {
    {"generations", "CREATE TABLE generations(gen INTEGER PRIMARY KEY, record BLOB)"},
    {"rows",
     "CREATE TABLE rows(ks INTEGER, pos INTEGER, val INTEGER, blk INTEGER, gen INTEGER, hash "
     "INTEGER, body BLOB, PRIMARY KEY(ks, pos, val, blk, gen)) WITHOUT ROWID"},
    {"started", "CREATE TABLE started(gen INTEGER PRIMARY KEY)"}};

}  // namespace

base::Error SqliteStore::schema_damage(std::string_view what) const {
  return {.cause = base::Cause::kCorrupt,
          .operation = "open state",
          .object = path_,
          .detail = "the table " + std::string(what) + " is damaged or missing"};
}

base::Status SqliteStore::create_tables() {
  std::string sql = "BEGIN;";
  for (const Table& table : kTables) sql += std::string(table.sql) + ";";
  sql += "PRAGMA user_version=" + std::to_string(kVersion) + "; COMMIT";
  return database_->execute(sql.c_str());
}

// A store is fresh if there is no table at all; else all must be there, letter by letter.
base::Status SqliteStore::check_tables() {
  Statement version, tables;
  base::Status status = version.prepare(*database_, "PRAGMA user_version");
  if (status.ok())
    status = tables.prepare(*database_, "SELECT name, sql FROM sqlite_schema ORDER BY name");
  if (!status.ok()) return status;
  auto more = version.step();
  if (!more.ok()) return more.error();
  CHECK(more.value());  // a pragma gives one row
  const std::uint64_t found_version = version.number(0);
  version.reset();
  std::size_t count = 0;
  for (more = tables.step(); more.ok() && more.value(); more = tables.step()) {
    const bool is_known = count < std::size(kTables) && tables.bytes(0) == kTables[count].name &&
                          tables.bytes(1) == kTables[count].sql;
    if (!is_known && found_version == kVersion) return schema_damage(tables.bytes(0));
    ++count;
  }
  if (!more.ok()) return more.error();
  if (count == 0 && found_version == 0) return create_tables();
  if (found_version != kVersion) {
    return base::Error{.cause = base::Cause::kUnsupported,
                       .operation = "open state",
                       .object = path_,
                       .detail = "written by another version, " + std::to_string(found_version)};
  }
  return count == std::size(kTables) ? base::success() : schema_damage(kTables[count].name);
}

base::Status SqliteStore::prepare_all() {
  database_ = std::make_unique<Database>();
  statements_ = std::make_unique<Statements>();
  base::Status status = database_->open(path_);
  if (status.ok()) status = database_->execute(kSettings);
  if (status.ok()) status = check_tables();
  if (status.ok()) status = statements_->prepare(*database_);
  return status;
}

base::Result<std::optional<raft::SnapshotMeta>> SqliteStore::open() {
  base::Status status = prepare_all();
  if (status.ok()) status = load_newest();
  if (status.ok()) return newest_ ? std::optional(newest_->meta) : std::nullopt;
  // Our own statements are right: if SQLite cannot make sense of one, the file is not what it was.
  base::Error error = status.error();
  constexpr int kNonsense[] = {SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_TOOBIG};
  const bool makes_no_sense =
      std::find(std::begin(kNonsense), std::end(kNonsense), error.code) != std::end(kNonsense);
  if (error.cause == base::Cause::kSystem && makes_no_sense) error.cause = base::Cause::kCorrupt;
  return error;
}

void SqliteStore::limit_pages(std::uint32_t pages_max) {
  const base::Status limited =
      database_->execute(("PRAGMA max_page_count=" + std::to_string(pages_max)).c_str());
  static_cast<void>(limited);
}

}  // namespace persistence
