#include "persistence/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace persistence {
namespace {

// SQLite knows of a full disk, not of a full quota, and by the time it says that a write failed
// errno is another call's. So it is tried again beside the file.
bool is_without_space(const std::string& path) {
  constexpr off_t kProbeBytes = 1 << 20;
  const std::string probe = path + "-space";
  const int file = ::open(probe.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const int code = file < 0 ? errno : ::posix_fallocate(file, 0, kProbeBytes);
  if (file >= 0) ::close(file);
  ::unlink(probe.c_str());
  return code == ENOSPC || code == EDQUOT;
}

}  // namespace

Database::~Database() { sqlite3_close(handle_); }

base::Error Database::error(std::string_view operation) const {
  const int code = handle_ == nullptr ? SQLITE_CANTOPEN : sqlite3_errcode(handle_);
  base::Cause cause = base::Cause::kSystem;
  const bool is_write =
      code == SQLITE_IOERR && sqlite3_extended_errcode(handle_) == SQLITE_IOERR_WRITE;
  if (code == SQLITE_FULL || (is_write && is_without_space(path_))) cause = base::Cause::kNoSpace;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) cause = base::Cause::kCorrupt;
  return {.cause = cause,
          .code = code,
          .operation = std::string(operation),
          .object = path_,
          .detail = handle_ == nullptr ? "cannot open" : sqlite3_errmsg(handle_)};
}

base::Status Database::open(const std::string& path) {
  path_ = path;
  if (sqlite3_open_v2(path.c_str(), &handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) == SQLITE_OK) {
    return base::success();
  }
  return error("open");
}

base::Status Database::execute(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? base::success()
                                                                            : error(sql);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

base::Status Statement::prepare(Database& database, const char* sql) {
  database_ = &database;
  if (sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                         nullptr) == SQLITE_OK)
    return base::success();
  return database.error(sql);
}

Statement& Statement::bind(int position, std::uint64_t value) {
  sqlite3_bind_int64(statement_, position, static_cast<sqlite3_int64>(value));
  return *this;
}

Statement& Statement::bind(int position, std::string_view bytes) {
  CHECK(bytes.data() != nullptr);  // would bind NULL
  sqlite3_bind_blob64(statement_, position, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

base::Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  const base::Error error = database_->error(sqlite3_sql(statement_));
  sqlite3_reset(statement_);
  return error;
}

base::Status Statement::run() {
  const auto more = step();
  if (!more.ok()) return more.error();
  CHECK(!more.value());
  return base::success();
}

void Statement::reset() { sqlite3_reset(statement_); }

std::uint64_t Statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace persistence
