// Functions: FUNCTION and what calls them, FCALL and FCALL_RO. FUNCTION KILL and HELP concern one
// node alone: node/clients/commands/scripting.cpp.

#include <string>

#include "base/glob.h"
#include "engine/commands/families.h"
#include "engine/commands/script_arguments.h"
#include "engine/context/context.h"
#include "engine/context/script_run.h"
#include "engine/rdb/payload.h"
#include "engine/rdb/wire.h"
#include "engine/rules/rules.h"
#include "engine/scripts/flags.h"
#include "engine/scripts/script_state.h"

namespace engine::commands {
namespace {

using scripts::Function;
using scripts::FunctionLibraries;
using scripts::Library;

// A cluster that is being updated: members of the version before do not know functions.
constexpr std::string_view kNotYet =
    "ERR functions are answered when all members of the cluster run this version";
constexpr std::string_view kNotFound = "ERR Function not found";
constexpr std::string_view kNoLibrary = "ERR Library not found";
// In an RDB payload: a library follows, as its source; as a pre-release of 7.0 wrote it.
constexpr std::uint8_t kLibraryOpcode = 245, kOldLibraryOpcode = 246;

const FunctionLibraries& libraries_of(const ReadContext& context) {
  return context.state().script_state->libraries;
}

std::string wrong_words(ReadContext& context) {
  return "ERR unknown subcommand or wrong number of arguments for '" + std::string(context.arg(1)) +
         "'. Try FUNCTION HELP.";
}

// The libraries are not what they were.
void note_change(State& state) {
  const FunctionLibraries& libraries = state.script_state->libraries;
  if (!state.applied.since.is_none()) {
    state.applied.add(libraries.size());
    state.applied.add(libraries.function_count());
  }
  ++state.changes;
}

void note_added(State& state, const Library& library) {
  if (state.applied.since.is_none()) return;
  state.applied.add(library.name);
  state.applied.add(library.source);
}

// ---- FUNCTION LOAD, DELETE, FLUSH ----

// A library from its source, or the error is written.
std::optional<Library> load(WriteContext& context, const FunctionLibraries& present,
                            std::string_view source, bool replaces) {
  const scripts::LibraryHeader header = scripts::parse_library_header(source);
  if (!header.error.empty()) return context.error(header.error), std::nullopt;
  if (!replaces && present.find(header.name) != nullptr)
    return context.error("ERR Library '" + header.name + "' already exists"), std::nullopt;
  const State& state = context.state();
  scripts::LoadedLibrary loaded = FunctionLibraries::load(
      header, source, state.script_state->function_interpreter(state.rules));
  if (!loaded.error.empty()) return context.error(loaded.error), std::nullopt;
  return std::move(loaded.library);
}

void function_load(WriteContext& context) {
  State& state = context.mutable_state();
  const std::size_t last = context.argc() - 1;
  for (std::size_t i = 2; i < last; ++i) {
    if (!equals_ignoring_case(context.arg(i), "REPLACE"))
      return context.error("ERR Unknown option given: " + std::string(context.arg(i)));
  }
  if (state.rules < kRulesWithFunctions) return context.error(kNotYet);
  FunctionLibraries& present = state.script_state->libraries;
  auto library = load(context, present, context.arg(last), last > 2);
  if (!library) return;
  const std::string name = library->name;
  const std::string error = present.add(std::move(*library));
  if (!error.empty()) return context.error(error);
  note_added(state, *present.find(name));
  note_change(state);
  context.reply().bulk(name);
}

void function_delete(WriteContext& context) {
  State& state = context.mutable_state();
  if (!state.script_state->libraries.remove(context.arg(2))) return context.error(kNoLibrary);
  note_change(state);
  context.reply().ok();
}

void function_flush(WriteContext& context) {
  if (context.argc() > 3) return context.error(wrong_words(context));
  const bool is_mode = context.argc() == 2 || equals_ignoring_case(context.arg(2), "SYNC") ||
                       equals_ignoring_case(context.arg(2), "ASYNC");
  if (!is_mode) return context.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  State& state = context.mutable_state();
  if (!state.script_state->libraries.empty()) {
    state.script_state->libraries.clear();
    note_change(state);
  }
  context.reply().ok();
}

// ---- FUNCTION DUMP, RESTORE ----

void function_dump(ReadContext& context) {
  std::string payload;
  for (const auto& [name, library] : libraries_of(context).all()) {
    payload.push_back(static_cast<char>(kLibraryOpcode));
    rdb::put_string(payload, library.source, rdb::Compression::kLzf);
  }
  rdb::seal(payload);
  context.reply().bulk(payload);
}

enum class RestorePolicy : std::uint8_t { kAppend, kReplace, kFlush };

std::optional<RestorePolicy> policy_argument(WriteContext& context) {
  if (context.argc() == 3 || equals_ignoring_case(context.arg(3), "APPEND"))
    return RestorePolicy::kAppend;
  if (equals_ignoring_case(context.arg(3), "REPLACE")) return RestorePolicy::kReplace;
  if (equals_ignoring_case(context.arg(3), "FLUSH")) return RestorePolicy::kFlush;
  context.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  return {};
}

// One library of a payload into `libraries`; false: the error is written.
bool restore_one(WriteContext& context, rdb::Reader& reader, FunctionLibraries& libraries) {
  const std::uint8_t opcode = reader.byte();
  if (opcode != kLibraryOpcode) {
    context.error(opcode == kOldLibraryOpcode ? "ERR Failed loading engine name"
                                              : "ERR given type is not a function");
    return false;
  }
  const std::string source = reader.string();
  if (!reader.ok()) {
    context.error(reader.is_too_large() ? errors::kGrowthTooLarge
                                        : "ERR Failed loading library payload");
    return false;
  }
  auto library = load(context, libraries, source, false);
  if (!library) return false;
  const std::string error = libraries.add(std::move(*library));
  if (!error.empty()) context.error(error);
  return error.empty();
}

void take_restored(WriteContext& context, const FunctionLibraries& restored, RestorePolicy policy) {
  using OnCollision = FunctionLibraries::OnCollision;
  State& state = context.mutable_state();
  FunctionLibraries& present = state.script_state->libraries;
  if (policy == RestorePolicy::kFlush) present.clear();
  const std::string error = present.add_all(
      restored, policy == RestorePolicy::kReplace ? OnCollision::kReplace : OnCollision::kRefuse);
  if (!error.empty()) return context.error(error);
  for (const auto& [name, library] : restored.all()) note_added(state, library);
  note_change(state);
  context.reply().ok();
}

void function_restore(WriteContext& context) {
  if (context.argc() > 4) return context.error(wrong_words(context));
  const auto policy = policy_argument(context);
  if (!policy) return;
  const std::string_view payload = context.arg(2);
  if (!rdb::is_intact(payload))
    return context.error("ERR DUMP payload version or checksum are wrong");
  rdb::Reader reader(rdb::content_of(payload), context.growth_left());
  if (!reader.rest().empty() && context.state().rules < kRulesWithFunctions)
    return context.error(kNotYet);
  FunctionLibraries restored;
  while (!reader.rest().empty()) {
    if (!restore_one(context, reader, restored)) return;
  }
  take_restored(context, restored, *policy);
}

// ---- FUNCTION LIST, STATS ----

struct ListOptions {
  bool has_code = false;
  std::optional<std::string_view> pattern;
};

std::optional<ListOptions> list_options(ReadContext& context) {
  ListOptions options;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    if (!options.has_code && equals_ignoring_case(word, "WITHCODE")) {
      options.has_code = true;
    } else if (!options.pattern && equals_ignoring_case(word, "LIBRARYNAME")) {
      if (++i >= context.argc())
        return context.error("ERR library name argument was not given"), std::nullopt;
      options.pattern = context.arg(i);
    } else {
      return context.error("ERR Unknown argument " + std::string(word)), std::nullopt;
    }
  }
  return options;
}

void write_function(resp::ReplyWriter& reply, const Function& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  function.description ? reply.bulk(*function.description) : reply.null();
  reply.bulk("flags");
  std::size_t count = 0;
  for (const auto& [name, flag] : scripts::kScriptFlagNames)
    count += (function.flags & flag) != 0 ? 1 : 0;
  reply.set(count);
  for (const auto& [name, flag] : scripts::kScriptFlagNames) {
    if ((function.flags & flag) != 0) reply.status(name);
  }
}

void write_library(resp::ReplyWriter& reply, const Library& library, bool has_code) {
  reply.map(has_code ? 4 : 3);
  reply.bulk("library_name");
  reply.bulk(library.name);
  reply.bulk("engine");
  reply.bulk("LUA");
  reply.bulk("functions");
  reply.array(library.functions.size());
  for (const Function& function : library.functions) write_function(reply, function);
  if (!has_code) return;
  reply.bulk("library_code");
  reply.bulk(library.source);
}

void function_list(ReadContext& context) {
  const auto options = list_options(context);
  if (!options) return;
  const auto& all = libraries_of(context).all();
  const auto is_wanted = [&](std::string_view name) {
    return !options->pattern || base::glob_match(*options->pattern, name, true);
  };
  std::size_t count = 0;
  for (const auto& [name, library] : all) count += is_wanted(name) ? 1 : 0;
  context.reply().array(count);
  for (const auto& [name, library] : all) {
    if (is_wanted(name)) write_library(context.reply(), library, options->has_code);
  }
}

// Nothing else runs while this is answered.
void function_stats(ReadContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const FunctionLibraries& libraries = libraries_of(context);
  reply.map(2);
  reply.bulk("running_script");
  reply.null();
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(static_cast<std::int64_t>(libraries.size()));
  reply.bulk("functions_count");
  reply.integer(static_cast<std::int64_t>(libraries.function_count()));
}

// ---- FCALL ----

// The function and its arguments; nullopt: the error is written.
std::optional<scripts::Job> job_of(ReadContext& context, const FunctionLibraries::Found& found) {
  if (scripts::refuse_when_short(context, true, found.function->flags)) return {};
  const auto keys = script_key_count(context, "ERR Bad number of keys provided");
  if (!keys) return {};
  const Arguments words = context.argv().subspan(3);
  const State& state = context.state();
  scripts::Interpreter& interpreter = state.script_state->function_interpreter(state.rules);
  return scripts::Job{.call = {.code = FunctionLibraries::code_of(*found.library, interpreter),
                               .name = found.function->name,
                               .keys = words.first(*keys),
                               .words = words.subspan(*keys),
                               .seed = context.prng().next()},
                      .has_flags = true,
                      .flags = found.function->flags,
                      .is_function = true};
}

void fcall(WriteContext& context) {
  const auto found = libraries_of(context).find_function(context.arg(1));
  if (found.library == nullptr) return context.error(kNotFound);
  if (const auto job = job_of(context, found)) scripts::run(context, *job);
}

// All but those that say that they only read.
bool fcall_wants_write(ReadContext& context) {
  const auto found = libraries_of(context).find_function(context.arg(1));
  return found.library == nullptr || (found.function->flags & scripts::kNoWrites) == 0;
}

void fcall_ro(ReadContext& context) {
  const auto found = libraries_of(context).find_function(context.arg(1));
  if (found.library == nullptr) return context.error(kNotFound);
  if (const auto job = job_of(context, found)) scripts::run_reading(context, *job);
}

// An FCALL that was known to only read when it came.
void fcall_as_read(ReadContext& context) {
  if (libraries_of(context).find_function(context.arg(1)).library != nullptr &&
      fcall_wants_write(context))
    return context.error("TRYAGAIN The function was replaced by one that may write");
  fcall_ro(context);
}

constexpr std::uint32_t kCallFlags =
    kFlagNoScript | kFlagStale | kFlagSkipMonitor | kFlagMovableKeys | kFlagNoMandatoryKeys;
constexpr std::string_view kAllNodes = "request_policy:all_shards response_policy:all_succeeded";

constexpr CommandRow kFunctionsRows[] = {
    row("fcall", -3, kCallFlags,
        counted_keys(kKeyReadUpdate, 2)
            .noted("We cannot tell how the keys will be used so we "
                   "assume the worst, RW and UPDATE"),
        {"Calls a function.", "7.0.0"},
        {.write = fcall, .read = fcall_as_read, .wants_write = fcall_wants_write},
        {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("fcall_ro", -3, kCallFlags | kFlagReadonly,
        counted_keys(kKeyRead, 2)
            .noted("We cannot tell how the keys will be used so we assume "
                   "the worst, RO and ACCESS"),
        {"Calls a function that only reads.", "7.0.0"}, {.read = fcall_ro},
        {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("function", -2, 0, kNoKeys, {"Commands on functions.", "7.0.0"}),
    row("function|delete", 3, kFlagWrite | kFlagNoScript, kNoKeys,
        {"Removes a library.", "7.0.0", "O(1)"}, {.write = function_delete}, {.tips = kAllNodes}),
    row("function|dump", 2, kFlagNoScript, kNoKeys,
        {"Answers all libraries in one string.", "7.0.0"}, {.read = function_dump}),
    row("function|flush", -2, kFlagWrite | kFlagNoScript, kNoKeys,
        {"Removes all libraries.", "7.0.0"}, {.write = function_flush}, {.tips = kAllNodes}),
    row("function|list", -2, kFlagNoScript, kNoKeys, {"Lists libraries and functions.", "7.0.0"},
        {.read = function_list}, {.tips = "nondeterministic_output_order"}),
    row("function|load", -3, kFlagWrite | kFlagDenyOom | kFlagNoScript, kNoKeys,
        {"Makes a library of its source.", "7.0.0"}, {.write = function_load}, {.tips = kAllNodes}),
    row("function|restore", -3, kFlagWrite | kFlagDenyOom | kFlagNoScript, kNoKeys,
        {"Adds the libraries of a dump.", "7.0.0"}, {.write = function_restore},
        {.tips = kAllNodes}),
    row("function|stats", 2, kFlagNoScript | kFlagAllowBusy, kNoKeys,
        {"Tells what function runs and how many there are.", "7.0.0", "O(1)"},
        {.read = function_stats},
        {.tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
};

}  // namespace

constinit const Family kFunctionsFamily{"scripting", kFunctionsRows};

}  // namespace engine::commands
