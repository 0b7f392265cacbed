// A table of commands, made once of the rows of families (engine/command/row.h) and never changed.
// Invariants, checked when it is made: a name stands once; a subcommand has its container; a
// command has functions of one scope only. What can be derived is derived here: scope, ACL
// categories and key specifications. Any thread may read it.
//
// The engine has a table of what reads or changes the state (engine/commands/families.h); a node's
// has what it answers by itself too, and its engine is given that one.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/command.h"
#include "engine/command/row.h"

namespace engine {

struct Resolved {
  const CommandSpec* spec = nullptr;  // of the subcommand if there is one; set on a wrong arity too
  std::string
      error;  // non-empty: Redis's error text (unknown command, arity, unknown subcommand), no '-'
};

class CommandTable {
 public:
  using Families = std::span<const Family* const>;
  // The rows have to live as long as the table.
  explicit CommandTable(std::initializer_list<Families> families);
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // By any spelling's case; nullptr if unknown. O(1), no allocation. A container (CONFIG, OBJECT)
  // is found by its name; resolve() goes on to the subcommand.
  [[nodiscard]] const CommandSpec* find(std::string_view name) const;
  [[nodiscard]] Resolved resolve(Arguments argv) const;
  // All top-level commands ordered by name.
  [[nodiscard]] std::span<const CommandSpec> all() const { return {specs_.data(), top_count_}; }
  // The same, and behind them all subcommands by their containers.
  [[nodiscard]] std::span<const CommandSpec> with_subcommands() const { return specs_; }

 private:
  void add_containers();
  void add_slots();

  std::vector<CommandSpec> specs_;  // top-level commands by name, then subcommands by name
  std::size_t top_count_ = 0;
  // Names hashed into a table at least four times as large as needed.
  std::vector<const CommandSpec*> slots_;
};

}  // namespace engine
