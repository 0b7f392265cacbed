// All commands that a user's rights can be about, numbered: those of the command table by their
// place in it, then those of Redis 7.0 that it does not have. Rights over commands are bits by
// these numbers. Made once of a table, never changed; numbers mean nothing outside the process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/table.h"

namespace engine::users {

class CommandCatalog {
 public:
  using Number = std::uint32_t;
  struct Command {
    std::string_view name;  // lower case; a subcommand's is "container|sub"
    std::uint64_t categories = 0;
    std::optional<Number> container;
    std::vector<Number> subcommands;
    // Redis 7.0 has it: what it does not have may not sway by which categories it describes rights.
    bool is_counted = true;
  };

  explicit CommandCatalog(const CommandTable& table);

  [[nodiscard]] std::size_t size() const { return commands_.size(); }
  [[nodiscard]] const Command& at(Number number) const { return commands_[number]; }
  [[nodiscard]] const std::vector<Command>& all() const { return commands_; }
  // In any case, "config|get" too; nullopt: there is none.
  [[nodiscard]] std::optional<Number> find(std::string_view name) const;
  // Of a command of the table that the catalog was made of, at once; by its name if it is of
  // another one that has the same command.
  [[nodiscard]] Number number_of(const CommandSpec& spec) const;

 private:
  [[nodiscard]] bool has_container(std::string_view name) const;
  void add_containers();

  std::span<const CommandSpec> table_;
  std::vector<Command> commands_;
  std::vector<Number> by_name_;
};

}  // namespace engine::users
