// What is known of a command: what it is called, how many arguments it takes, what it may do, where
// its keys are, and the function that carries it out. Commands are declared in rows at the end of
// the file that carries them out (engine/command/row.h), and found in a table of them
// (engine/command/table.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

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
  kFlagMayReplicate = 1U << 14,  // not named: Redis 7.0 shows it to nobody
  kFlagNoMulti = 1U << 15,
  kFlagMovableKeys = 1U << 16,
  kFlagAllowBusy = 1U << 17,
  kFlagModule = 1U << 18,
  kFlagNoAsyncLoading = 1U << 19,
  kFlagNoMandatoryKeys = 1U << 20,
};

struct KeySpec;      // engine/command/key_shape.h
class CommandTable;  // engine/command/table.h
class WriteContext;  // engine/context/context.h
class ReadContext;   // engine/context/context.h
// What a command is handed that a node answers by itself. The engine only keeps the function; the
// node, which calls it, defines this.
struct LocalCall;
enum class Type : std::uint8_t;  // engine/types/collection.h
using WriteFunction = void (*)(WriteContext&);
using ReadFunction = void (*)(ReadContext&);
using LocalFunction = void (*)(LocalCall&);
// Of a read that may have to change bytes (PFCOUNT): whether it would now. If so the leader
// proposes it, and `write` answers it where it is applied. Of what is not flagged as a read but may
// say that it only reads (EVAL, FCALL): whether it does not say so; then it is a write on any node.
using WantsWriteFunction = bool (*)(ReadContext&);
// What kKeyVaries stands for in this call.
using KeyUseFunction = std::string_view (*)(Arguments);
// The position of a key that no key specification can tell (SORT's STORE); nullopt: none.
using MoreKeyFunction = std::optional<std::size_t> (*)(Arguments);
// Overwrites what MONITOR and the slow log must not show with kHidden.
using HideFunction = void (*)(std::vector<std::string_view>& words);
inline constexpr std::string_view kHidden = "(redacted)";

// What others have to know of a command, so that nobody asks for its name.
enum Trait : std::uint32_t {
  kTraitAnyState = 1U << 0,   // answered while loading and outside any cluster (DESIGN decision 21)
  kTraitImmediate = 1U << 1,  // local: looks only at its session's modes and the configuration
  kTraitDebug = 1U << 2,      // only if enable-debug-command says so
  // A write that can answer with much that stays in the state: it costs its client only a few
  // bytes, however often it is asked. (What GETDEL or LPOP answers is gone afterwards.)
  kTraitLargeReply = 1U << 3,
  kTraitLargeReplyWithGet = 1U << 4,  // the same if GET is among its options
  kTraitSetsConfig = 1U << 5,         // its words from the third are settings and values in turn
  kTraitSelects = 1U << 6,  // its second word is the database of what follows it on the connection
  // Local: within an EXEC or a script of the log its message is delivered by every node when it is
  // applied. Words: channel, message; a channel that is a key (SPUBLISH) is a shard's.
  kTraitPublishes = 1U << 7,
  kTraitOfSubscribers = 1U << 8,  // what a connection may say in RESP2 while it is subscribed
  kTraitRunsScript = 1U << 9,     // MONITOR shows it, and then what its script calls
};

// What a node's service does itself for a command, because it is about the session's transaction or
// its end.
enum class Special : std::uint8_t {
  kNone,
  kMulti,
  kExec,
  kDiscard,
  kWatch,
  kUnwatch,
  kReset,
  kQuit
};

// The channels that a call names.
enum class ChannelUse : std::uint8_t {
  kNone,
  kFirst,     // its second word: PUBLISH
  kAll,       // all its words: SUBSCRIBE
  kPatterns,  // all its words, which are patterns: PSUBSCRIBE
};

// A command as a table has it: its row (engine/command/row.h) and what follows from that.
struct CommandSpec {
  std::string_view name = {};  // lower case; a subcommand's is "container|sub"
  int arity = 0;               // negative: at least
  std::uint32_t flags = 0;
  std::uint32_t traits = 0;
  Scope scope = Scope::kLocal;
  Special special = Special::kNone;
  std::optional<Type> waits_at = {};  // a blocking write: what it can be woken by
  WriteFunction write = nullptr;      // scope kWrite
  ReadFunction read = nullptr;        // scope kRead
  LocalFunction local = nullptr;      // scope kLocal
  WantsWriteFunction wants_write = nullptr;
  int first_key = 0, last_key = 0, key_step = 0;
  std::span<const KeySpec> key_specs = {};
  std::span<const CommandSpec> subcommands = {};
  KeyUseFunction key_use = nullptr;
  MoreKeyFunction more_key = nullptr;
  HideFunction hide_secrets = nullptr;
  ChannelUse channels = ChannelUse::kNone;
  std::uint64_t acl_categories = 0;  // bits, see engine/command/acl_category.h
  std::string_view group = {};       // as COMMAND DOCS: "string", "generic", ...
  std::string_view summary = {}, since = {}, complexity = {};
  std::string_view tips = {};  // separated by blanks
};

[[nodiscard]] inline bool has_trait(const CommandSpec& spec, Trait trait) {
  return (spec.traits & trait) != 0;
}

// Told which command is being carried out, so that another thread can name the one that does not
// end. Nothing depends on it; the server's driver hands one in. Called twice for each command.
class CommandWatch {
 public:
  virtual ~CommandWatch() = default;
  // `command` is of the command table and lives for ever; nullptr: it is over.
  virtual void on_command(const CommandSpec* command) = 0;
};

// Keys of a call by its key specs. `ok` false: the call's shape has no valid keys (COMMAND GETKEYS
// answers an error).
struct KeyPosition {
  std::size_t index = 0;
  std::string_view use;  // of its key spec
};
struct Keys {
  bool ok = true;
  std::vector<KeyPosition> positions;
};
[[nodiscard]] Keys keys_of(const CommandSpec& spec, Arguments argv);

}  // namespace engine
