// The statements of the state store, prepared once.
#pragma once

#include "persistence/sqlite_store.h"

namespace persistence {

struct SqliteStore::Statements {
  Statement versions, insert, page, purge_page, remove;

  [[nodiscard]] base::Status prepare(Database& database) {
    struct Sql {
      Statement* statement;
      const char* text;
    };
    const Sql all[] = {
        {&versions,
         "SELECT gen, hash, length(body) FROM rows WHERE ks=? AND pos=? AND val=? AND blk=? ORDER "
         "BY gen DESC"},
        {&insert,
         "INSERT OR REPLACE INTO rows(ks, pos, val, blk, gen, hash, body) VALUES(?,?,?,?,?,?,?)"},
        {&page,
         "SELECT ks, pos, val, blk, gen, hash, body FROM rows WHERE (ks, pos, val, blk) > "
         "(?,?,?,?) ORDER BY ks, pos, val, blk, gen"},
        {&purge_page,
         "SELECT ks, pos, val, blk, gen, length(body) FROM rows WHERE (ks, pos, val, blk) > "
         "(?,?,?,?) ORDER BY ks, pos, val, blk, gen"},
        {&remove, "DELETE FROM rows WHERE ks=? AND pos=? AND val=? AND blk=? AND gen=?"}};
    for (const Sql& sql : all) {
      const base::Status status = sql.statement->prepare(database, sql.text);
      if (!status.ok()) return status;
    }
    return base::success();
  }
};

inline Statement& bind_key(Statement& statement, const RowKey& key) {
  return statement.bind(1, key.keyspace)
      .bind(2, key.position)
      .bind(3, key.value)
      .bind(4, key.block);
}

}  // namespace persistence
