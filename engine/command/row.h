// A command as its family declares it: one row in a constexpr table at the end of the file that
// carries it out. All else that is known of a command (scope, ACL categories, key specifications,
// subcommands) is derived from its row when a CommandTable is made. Adding a row is all it takes to
// add a command.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/command/acl_category.h"
#include "engine/command/command.h"
#include "engine/command/key_shape.h"

namespace engine {

// In our own words: what the command does, the version of Redis it is from, what it costs.
struct CommandDocs {
  std::string_view summary = {}, since = {}, complexity = {};
};

// The function that carries it out. A container (CONFIG, OBJECT) has none, nor do the words that a
// node's service acts on itself (MULTI, QUIT).
struct CommandFunctions {
  WriteFunction write = nullptr;
  ReadFunction read = nullptr;
  LocalFunction local = nullptr;
  WantsWriteFunction wants_write = nullptr;  // with `read` and `write`
};

// What only some have.
struct CommandExtras {
  std::string_view group = {};  // if not the family's
  std::uint64_t acl = 0;        // in place of the category of its group; a container has none
  std::string_view tips = {};   // separated by blanks
  std::uint32_t traits = 0;     // kTrait...
  Special special = Special::kNone;
  std::optional<Type> waits_at = {};
  KeyUseFunction key_use = nullptr;
  MoreKeyFunction more_key = nullptr;
  HideFunction hide_secrets = nullptr;
  ChannelUse channels = ChannelUse::kNone;
};

struct CommandRow {
  std::string_view name = {};  // lower case; a subcommand's is "container|sub"
  int arity = 0;               // with the name itself; negative: at least
  std::uint32_t flags = 0;     // kFlag...
  KeyShape keys = {};
  CommandDocs docs = {};
  CommandFunctions run = {};
  CommandExtras extras = {};
};

constexpr CommandRow row(std::string_view name, int arity, std::uint32_t flags,
                         const KeyShape& keys, const CommandDocs& docs,
                         const CommandFunctions& run = {}, const CommandExtras& extras = {}) {
  return {name, arity, flags, keys, docs, run, extras};
}

// The rows of one file. Constant-initialised, so that it does not matter who is initialised first.
struct Family {
  std::string_view group = {};  // as COMMAND DOCS: "string", "generic", ...
  std::span<const CommandRow> rows = {};
  std::uint32_t traits = 0;  // of all its rows
};

}  // namespace engine
