// The command table: what every command is called, how many arguments it takes, what it may do,
// where its keys are, and the function that carries it out when it reads or changes the state.
// Commands local to a node stand in the table too (COMMAND lists them); node/ carries them out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace engine {

// The words of one command, argv[0] being its name as the client spelt it. Views live as long as
// the call.
using Arguments = std::span<const std::string_view>;

// Where a command is carried out (DESIGN decision 1).
enum class Scope : std::uint8_t {
  kRead,   // Engine::query on a node that may answer
  kWrite,  // proposed, then Engine::apply on every node
  kLocal,  // by this node's service alone
};

// Flags as COMMAND INFO names them.
enum Flag : std::uint32_t {
  kFlagWrite = 1U << 0,
  kFlagReadonly = 1U << 1,
  kFlagDenyOom = 1U << 2,
  kFlagAdmin = 1U << 3,
  kFlagPubsub = 1U << 4,
  kFlagNoScript = 1U << 5,
  kFlagBlocking = 1U << 6,
  kFlagLoading = 1U << 7,
  kFlagStale = 1U << 8,
  kFlagSkipMonitor = 1U << 9,
  kFlagSkipSlowlog = 1U << 10,
  kFlagAsking = 1U << 11,
  kFlagFast = 1U << 12,
  kFlagNoAuth = 1U << 13,
  kFlagMayReplicate = 1U << 14,
  kFlagNoMulti = 1U << 15,
  kFlagMovableKeys = 1U << 16,
  kFlagAllowBusy = 1U << 17,
  kFlagModule = 1U << 18,
  kFlagNoAsyncLoading = 1U << 19,
};

struct KeySpec;      // engine/key_spec.h
class WriteContext;  // engine/context.h
class ReadContext;   // engine/context.h
using WriteFunction = void (*)(WriteContext&);
using ReadFunction = void (*)(ReadContext&);

struct CommandSpec {
  std::string_view name = {};     // lower case; a subcommand's is "container|sub"
  std::string_view summary = {};  // our own words
  std::string_view since = {};
  std::string_view group = {};  // as COMMAND DOCS: "string", "generic", ...
  int arity = 0;                // negative: at least
  std::uint32_t flags = 0;
  Scope scope = Scope::kLocal;
  std::uint64_t acl_categories = 0;  // bits, see engine/acl_category.h
  std::string_view complexity = {};
  int first_key = 0, last_key = 0, key_step = 0;
  std::span<const std::string_view> tips = {};
  std::span<const KeySpec> key_specs = {};
  std::span<const CommandSpec> subcommands = {};
  WriteFunction write = nullptr;  // scope kWrite
  ReadFunction read = nullptr;    // scope kRead
  // Of a read that may have to change bytes (PFCOUNT): whether it would now. If so the leader
  // proposes it, and `write` answers it where it is applied.
  bool (*wants_write)(ReadContext&) = nullptr;
};

// Told which command is being carried out, so that another thread can name the one that does not
// end. Nothing depends on it; the server's driver hands one in. Called twice for each command.
class CommandWatch {
 public:
  virtual ~CommandWatch() = default;
  // `command` is of the command table and lives for ever; nullptr: it is over.
  virtual void on_command(const CommandSpec* command) = 0;
};

// By any spelling's case; nullptr if unknown. O(1), no allocation. A container (CONFIG, OBJECT) is
// found by its name; resolve() goes on to the subcommand.
[[nodiscard]] const CommandSpec* find_command(std::string_view name);
struct Resolved {
  const CommandSpec* spec = nullptr;  // of the subcommand if there is one; set on a wrong arity too
  std::string
      error;  // non-empty: Redis's error text (unknown command, arity, unknown subcommand), no '-'
};
[[nodiscard]] Resolved resolve_command(Arguments argv);
// All top-level commands ordered by name.
[[nodiscard]] std::span<const CommandSpec* const> all_commands();

// Keys of a call by its key specs. `ok` false: the call's shape has no valid keys (COMMAND GETKEYS
// answers an error).
struct KeyPosition {
  std::size_t index = 0;
  std::string_view flags;
};  // flags: those of the key spec
struct Keys {
  bool ok = true;
  std::vector<KeyPosition> positions;
};
[[nodiscard]] Keys keys_of(const CommandSpec& spec, Arguments argv);

}  // namespace engine
