// A small driver for engine tests: commands as words, applied as entries of one command each, or
// asked as queries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace engine_test {

// The engine's commands, and those of a node that scripts may call or ask for.
[[nodiscard]] const engine::CommandTable& commands_for_scripts();

class Driver {
 public:
  base::UnixMillis time_ms = 1'700'000'000'000;
  std::uint32_t database = 0;
  int resp = 2;

  // The raw reply. Reads are asked at time_ms, writes become an entry of their own.
  std::string call(const std::vector<std::string>& words);
  std::string apply(const std::string& payload);
  // "SET k v" split at blanks.
  std::string operator()(std::string_view line);

  engine::Engine engine{commands_for_scripts()};
  std::uint64_t index = 0;
  std::vector<std::string> log;      // payloads, in order
  std::vector<std::string> replies;  // of each
};

// All rows of a full checkpoint, taken at once.
[[nodiscard]] std::vector<base::Row> export_rows(engine::Engine& engine, bool is_full);
// A fresh engine from rows (sorted by key; rows without body are left out).
[[nodiscard]] engine::Engine import_rows(std::vector<base::Row> rows);

}  // namespace engine_test
