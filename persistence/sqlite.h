// A thin, checked wrapper of the few calls of SQLite that the state store makes. Errors carry file
// and place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace persistence {

class Database {
 public:
  ~Database();
  [[nodiscard]] base::Status open(const std::string& path);
  [[nodiscard]] base::Status execute(const char* sql);
  [[nodiscard]] base::Error error(std::string_view operation) const;
  [[nodiscard]] sqlite3* handle() { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  sqlite3* handle_ = nullptr;
  std::string path_;
};

// A prepared statement, bound and stepped; resets itself for the next use.
class Statement {
 public:
  ~Statement();
  [[nodiscard]] base::Status prepare(Database& database, const char* sql);
  Statement& bind(int position, std::uint64_t value);
  // `bytes` must be somewhere, though empty, and live until the statement is reset.
  Statement& bind(int position, std::string_view bytes);
  // True: a row is there.
  [[nodiscard]] base::Result<bool> step();
  // Of a statement that gives no rows.
  [[nodiscard]] base::Status run();
  void reset();
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace persistence
