// Scripts: EVAL, EVALSHA, SCRIPT and their like.

#include <string>

#include "base/number.h"
#include "base/sha1.h"
#include "engine/commands/families.h"
#include "engine/commands/script_arguments.h"
#include "engine/context/context.h"
#include "engine/context/script_run.h"
#include "engine/rules/rules.h"
#include "engine/scripts/flags.h"
#include "engine/scripts/script_state.h"

namespace engine::commands {
namespace {

using scripts::Script;

constexpr std::string_view kNoScript = "NOSCRIPT No matching script. Please use EVAL.";
// A cluster that is being updated: members of the version before do not know scripts.
constexpr std::string_view kNotYet =
    "ERR scripts are answered when all members of the cluster run this version";

std::string_view sha_or_text(ReadContext& context) { return context.arg(1); }

std::optional<std::size_t> key_count(ReadContext& context) {
  return script_key_count(context, errors::kNotInteger);
}

// A script that is known is judged before its arguments are.
bool is_refused_when_short(ReadContext& context, bool is_text) {
  if (!context.state().is_content_over()) return false;
  const scripts::ScriptCache& cache = context.state().script_state->cache;
  const std::string_view named = sha_or_text(context);
  const Script* script = cache.find(is_text ? cache.sha_of(named) : named);
  return script != nullptr &&
         scripts::refuse_when_short(context, script->has_shebang, script->flags);
}

scripts::Job job_of(ReadContext& context, const Script& script, std::string_view name,
                    std::size_t keys) {
  const auto& state = *context.state().script_state;
  const Arguments words = context.argv().subspan(3);
  scripts::Interpreter& interpreter = state.interpreter(context.state().rules);
  return {.call = {.code = state.cache.code_of(script, interpreter),
                   .name = name,
                   .keys = words.first(keys),
                   .words = words.subspan(keys),
                   .seed = context.prng().next()},
          .has_flags = script.has_shebang,
          .flags = script.flags};
}

// A script was cached; empty: all are gone.
void digest_script(State& state, std::string_view sha) {
  if (!state.applied.since.is_none()) state.applied.add(sha);
}

// The script of EVAL, cached from now on; nullptr: the error is written.
const Script* keep(WriteContext& context, const std::string& sha, std::string_view source) {
  State& state = context.mutable_state();
  scripts::ScriptState& kept = *state.script_state;
  if (state.rules < kRulesWithScripts) {
    context.error(kNotYet);
    return nullptr;
  }
  if (const Script* script = kept.cache.find(sha)) return script;
  std::string error;
  const Script* made = kept.cache.add(sha, source, kept.interpreter(state.rules), error);
  if (made == nullptr) {
    context.error(error);
    return nullptr;
  }
  digest_script(state, sha);
  ++state.changes;
  return made;
}

void eval_as(WriteContext& context, bool only_reads) {
  if (is_refused_when_short(context, true)) return;
  const auto keys = key_count(context);
  if (!keys) return;
  const std::string sha = context.state().script_state->cache.sha_of(sha_or_text(context));
  const Script* script = keep(context, sha, sha_or_text(context));
  if (script == nullptr) return;
  scripts::Job job = job_of(context, *script, sha, *keys);
  job.only_reads = only_reads;
  scripts::run(context, job);
}

void eval(WriteContext& context) { eval_as(context, false); }
void eval_ro_and_keep(WriteContext& context) { eval_as(context, true); }

void evalsha(WriteContext& context) {
  if (is_refused_when_short(context, false)) return;
  const auto keys = key_count(context);
  if (!keys) return;
  const Script* script = context.state().script_state->cache.find(sha_or_text(context));
  if (script == nullptr) return context.error(kNoScript);
  const std::string sha = scripts::folded_sha(sha_or_text(context));
  scripts::run(context, job_of(context, *script, sha, *keys));
}

bool eval_ro_wants_write(ReadContext& context) {
  const scripts::ScriptCache& cache = context.state().script_state->cache;
  return cache.find(cache.sha_of(sha_or_text(context))) == nullptr;
}

// Not cached where nobody leads, or where it was asked of a follower: it is compiled for this once.
void eval_ro(ReadContext& context) {
  if (is_refused_when_short(context, true)) return;
  const auto keys = key_count(context);
  if (!keys) return;
  const auto& state = *context.state().script_state;
  const std::string sha = state.cache.sha_of(sha_or_text(context));
  const Script* script = state.cache.find(sha);
  scripts::ScriptCache once;
  std::string error;
  if (script == nullptr) {
    scripts::Interpreter& interpreter = state.interpreter(context.state().rules);
    script = once.add(sha, sha_or_text(context), interpreter, error);
  }
  if (script == nullptr) return context.error(error);
  scripts::run_reading(context, job_of(context, *script, sha, *keys));
}

void evalsha_ro(ReadContext& context) {
  if (is_refused_when_short(context, false)) return;
  const auto keys = key_count(context);
  if (!keys) return;
  const Script* script = context.state().script_state->cache.find(sha_or_text(context));
  if (script == nullptr) return context.error(kNoScript);
  const std::string sha = scripts::folded_sha(sha_or_text(context));
  scripts::run_reading(context, job_of(context, *script, sha, *keys));
}

// A script with the flag no-writes is a read once it is cached.
bool eval_wants_write(ReadContext& context) {
  const std::string_view source = sha_or_text(context);
  if (!source.starts_with("#!")) return true;
  const scripts::ScriptCache& cache = context.state().script_state->cache;
  const Script* script = cache.find(cache.sha_of(source));
  return script == nullptr || (script->flags & scripts::kNoWrites) == 0;
}

bool evalsha_wants_write(ReadContext& context) {
  const Script* script = context.state().script_state->cache.find(sha_or_text(context));
  return script == nullptr || (script->flags & scripts::kNoWrites) == 0;
}

void script_load(WriteContext& context) {
  const std::string sha = base::sha1_hex(context.arg(2));
  if (keep(context, sha, context.arg(2)) != nullptr) context.reply().bulk(sha);
}

void script_exists(ReadContext& context) {
  context.reply().array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const bool is_there = context.state().script_state->cache.find(context.arg(i)) != nullptr;
    context.reply().integer(is_there ? 1 : 0);
  }
}

void script_flush(WriteContext& context) {
  const bool is_mode = context.argc() == 2 ||
                       (context.argc() == 3 && (equals_ignoring_case(context.arg(2), "SYNC") ||
                                                equals_ignoring_case(context.arg(2), "ASYNC")));
  if (!is_mode) return context.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  State& state = context.mutable_state();
  scripts::ScriptCache& cache = state.script_state->cache;
  if (!cache.empty()) {
    cache.clear();
    digest_script(state, {});
    ++state.changes;
  }
  context.reply().ok();
}

constexpr CommandRow kScriptsRows[] = {
    row("eval", -3,
        kFlagNoScript | kFlagStale | kFlagSkipMonitor | kFlagMovableKeys | kFlagNoMandatoryKeys,
        counted_keys(kKeyReadUpdate, 2)
            .noted("We cannot tell how the keys will be used so we "
                   "assume the worst, RW and UPDATE"),
        {"Runs a script.", "2.6.0"},
        {.write = eval, .read = eval_ro, .wants_write = eval_wants_write},
        {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("eval_ro", -3,
        kFlagReadonly | kFlagNoScript | kFlagStale | kFlagSkipMonitor | kFlagMovableKeys |
            kFlagNoMandatoryKeys,
        counted_keys(kKeyRead, 2)
            .noted("We cannot tell how the keys will be used so we assume "
                   "the worst, RO and ACCESS"),
        {"Runs a script that only reads.", "7.0.0"},
        {.write = eval_ro_and_keep, .read = eval_ro, .wants_write = eval_ro_wants_write},
        {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("evalsha", -3,
        kFlagNoScript | kFlagStale | kFlagSkipMonitor | kFlagMovableKeys | kFlagNoMandatoryKeys,
        counted_keys(kKeyReadUpdate, 2), {"Runs a cached script.", "2.6.0"},
        {.write = evalsha, .read = evalsha_ro, .wants_write = evalsha_wants_write},
        {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("evalsha_ro", -3,
        kFlagReadonly | kFlagNoScript | kFlagStale | kFlagSkipMonitor | kFlagMovableKeys |
            kFlagNoMandatoryKeys,
        counted_keys(kKeyRead, 2), {"Runs a cached script that only reads.", "7.0.0"},
        {.read = evalsha_ro}, {.traits = kTraitLargeReply | kTraitRunsScript}),
    row("script", -2, 0, kNoKeys, {"Commands on scripts.", "2.6.0"}),
    row("script|exists", -3, kFlagNoScript, kNoKeys, {"Tells which scripts are cached.", "2.6.0"},
        {.read = script_exists},
        {.tips = "request_policy:all_shards response_policy:agg_logical_and"}),
    row("script|flush", -2, kFlagNoScript, kNoKeys, {"Removes all cached scripts.", "2.6.0"},
        {.write = script_flush},
        {.tips = "request_policy:all_nodes response_policy:all_succeeded"}),
    row("script|load", 3, kFlagNoScript | kFlagStale, kNoKeys, {"Caches a script.", "2.6.0"},
        {.write = script_load}, {.tips = "request_policy:all_nodes response_policy:all_succeeded"}),
};

}  // namespace

constinit const Family kScriptsFamily{"scripting", kScriptsRows};

}  // namespace engine::commands
