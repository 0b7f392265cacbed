#include "engine/context/script_run.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number.h"
#include "base/prng.h"
#include "engine/context/acting.h"
#include "engine/context/budgets.h"
#include "engine/elements/script_observer.h"
#include "engine/scripts/flags.h"
#include "engine/scripts/script_state.h"

namespace engine::scripts {
namespace {

constexpr std::string_view kNotAllowed = "ERR This Redis command is not allowed from script";
constexpr std::string_view kReadOnly = "ERR Write commands are not allowed from read-only scripts.";

constexpr std::string_view kNotWhenShort =
    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";

// Commands of this node alone that have an answer of the entry.
enum class Inner : std::uint8_t { kNone, kPing, kEcho, kTime, kSelect, kPublish };

Inner inner_of(const CommandSpec& spec) {
  if (spec.name == "ping") return Inner::kPing;
  if (spec.name == "echo") return Inner::kEcho;
  if (spec.name == "time") return Inner::kTime;
  if (spec.name == "select") return Inner::kSelect;
  if (has_trait(spec, kTraitPublishes)) return Inner::kPublish;
  return Inner::kNone;
}

// XREAD and XREADGROUP may stand in scripts, but not wait.
bool asks_to_block(const CommandSpec& spec, Arguments argv) {
  if (spec.name != "xread" && spec.name != "xreadgroup") return false;
  for (std::size_t i = 1; i < argv.size() && !equals_ignoring_case(argv[i], "STREAMS"); ++i) {
    if (equals_ignoring_case(argv[i], "BLOCK")) return true;
  }
  return false;
}

// What both kinds of script have in common: which commands they may call, and what these answer.
class Caller : public Host {
 public:
  Caller(ReadContext& outer, const Job& job, bool only_reads)
      : outer_(outer),
        declared_keys_(job.call.keys),
        database_(outer.database()),
        only_reads_(only_reads),
        prng_(outer.prng().next()) {}

  void call(Arguments argv, int version, std::string& reply) final {
    const Resolved resolved = outer_.state().commands.resolve(argv);
    ScriptObserver* const observer = outer_.observer().script_calls;
    if (observer != nullptr) observer->on_calling();
    const bool is_refused = !answer(resolved, argv, version, reply);
    if (observer == nullptr) return;
    observer->on_called({.spec = resolved.spec,
                         .argv = argv,
                         .database = database_,
                         .is_refused = is_refused,
                         .reply = reply});
  }
  [[nodiscard]] std::optional<bool> may_run(Arguments argv) const final {
    const State& state = outer_.state();
    const CommandSpec* spec = state.commands.resolve(argv).spec;
    if (spec == nullptr) return {};
    if (state.actor.user == nullptr) return true;
    return users::judge(state.users, *state.actor.user, *spec, argv).what ==
           users::Denied::kNothing;
  }
  [[nodiscard]] bool has_written() const { return has_written_; }

 protected:
  // How many have subscribed is no part of the state: a script is told that nobody has.
  virtual void publish(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) = 0;
  // A command that reads or changes the state.
  virtual void run(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) = 0;
  [[nodiscard]] virtual bool is_refused_for_memory(const CommandSpec& spec) const = 0;

  ReadContext& outer_;
  const Arguments declared_keys_;
  std::uint32_t database_;
  bool only_reads_;
  base::Prng prng_;

 private:
  // False: it is refused.
  bool answer(const Resolved& resolved, Arguments argv, int version, std::string& reply) {
    resp::ReplyWriter writer(reply, version);
    const std::string why_not = refusal(resolved, argv);
    if (!why_not.empty()) {
      writer.error(why_not);
      return false;
    }
    writer.begin_counting(outer_.state().settings.reply_bytes_max());
    within_budget(writer, argv.size(), [&] { carry_out(*resolved.spec, argv, writer); });
    return true;
  }
  [[nodiscard]] std::string refusal(const Resolved& resolved, Arguments argv) const {
    if (resolved.spec == nullptr) return "ERR Unknown Redis command called from script";
    const CommandSpec& spec = *resolved.spec;
    // A cluster that is being updated: members of the version before do not know it.
    if (inner_of(spec) == Inner::kPublish && outer_.state().rules < kRulesWithMessages)
      return "ERR Unknown Redis command called from script";
    if (!resolved.error.empty())
      return "ERR Wrong number of args calling Redis command from script";
    if ((spec.flags & kFlagNoScript) != 0) return std::string(kNotAllowed);
    if (std::string text = refusal_in_script(outer_.state(), spec, argv); !text.empty())
      return text;
    if (only_reads_ && (spec.flags & (kFlagWrite | kFlagMayReplicate)) != 0)
      return std::string(kReadOnly);
    if (!has_written_ && is_refused_for_memory(spec)) return std::string(errors::kOutOfMemory);
    if (spec.scope == Scope::kLocal && inner_of(spec) == Inner::kNone)
      return std::string(kNotAllowed);
    return {};
  }

  void carry_out(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) {
    if (asks_to_block(spec, argv)) {
      return reply.error("ERR " + std::string(spec.name) +
                         " command is not allowed with BLOCK option from scripts");
    }
    switch (spec.scope == Scope::kLocal ? inner_of(spec) : Inner::kNone) {
      case Inner::kPing: return ping(argv, reply);
      case Inner::kEcho: return reply.bulk(argv[1]);
      case Inner::kTime: return time(reply);
      case Inner::kSelect: return select(argv, reply);
      case Inner::kPublish: return publish(spec, argv, reply);
      case Inner::kNone: break;
    }
    has_written_ = has_written_ || (spec.flags & kFlagWrite) != 0;
    if (outer_.observer().script_reads != nullptr && (spec.flags & kFlagReadonly) != 0)
      note_reads(spec, argv);
    run(spec, argv, reply);
  }

  // Redis 7.0 takes all keys that a script has declared for read whenever it reads one; those that
  // were not declared count here too. What has not changed since is not noted again: a script with
  // many keys that reads often does not fill memory.
  void note_reads(const CommandSpec& spec, Arguments argv) {
    std::vector<KeyNote>& notes = *outer_.observer().script_reads;
    if (std::exchange(has_read_, true)) {
      note_again(notes);
    } else {
      for (const std::string_view key : declared_keys_)
        notes.push_back({std::string(key), KeyNote::How::kRead});
    }
    for (const KeyPosition& key : keys_of(spec, argv).positions)
      notes.push_back({std::string(argv[key.index]), KeyNote::How::kRead});
    noted_ = notes.size();
  }
  void note_again(std::vector<KeyNote>& notes) {
    if (declared_.empty()) declared_.insert(declared_keys_.begin(), declared_keys_.end());
    for (std::size_t i = noted_, end = notes.size(); i < end; ++i) {
      if (notes[i].how == KeyNote::How::kRead || !declared_.contains(notes[i].key)) continue;
      notes.push_back({notes[i].key, KeyNote::How::kRead});
    }
  }
  static void ping(Arguments argv, resp::ReplyWriter& reply) {
    if (argv.size() > 2) return reply.error("ERR wrong number of arguments for 'ping' command");
    argv.size() == 1 ? reply.status("PONG") : reply.bulk(argv[1]);
  }
  void time(resp::ReplyWriter& reply) {
    reply.array(2);
    reply.bulk(base::integer_text(outer_.now_ms() / 1000));
    reply.bulk(base::integer_text(outer_.now_ms() % 1000 * 1000));
  }
  // For what follows in the script alone.
  void select(Arguments argv, resp::ReplyWriter& reply) {
    ReadContext context(outer_.state(), argv, database_, outer_.now_ms(), false, 0, reply);
    const auto wanted = database_argument(context, 1);
    if (!wanted) return;
    database_ = *wanted;
    reply.ok();
  }

  bool has_written_ = false;
  // Of reads that are noted.
  bool has_read_ = false;
  std::set<std::string_view> declared_;
  std::size_t noted_ = 0;
};

class WritingCaller : public Caller {
 public:
  WritingCaller(WriteContext& outer, const Job& job, bool is_short)
      : Caller(outer, job, job.only_reads || (job.flags & kNoWrites) != 0),
        outer_write_(outer),
        is_short_(is_short && (job.flags & kAllowOom) == 0) {}

 protected:
  void run(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) override {
    State& state = outer_write_.mutable_state();
    state.watch_command(&spec);
    if (spec.write != nullptr) {
      WriteContext context(state, argv, database_, prng_.next(), reply, outer_write_.effects());
      // For Redis 7.0 a script's commands come from a client of its own: whoever sent the script is
      // told of its changes where keys are broadcast, although it wants none of its own (NOLOOP).
      context.blame_nobody();
      spec.write(context);
      context.count_lookups();
    } else {
      ReadContext context(state, argv, database_, state.time_ms, false, prng_.next(), reply);
      context.observe(outer_.observer());
      spec.read(context);
      context.count_lookups();
    }
  }
  // What a script says lies in memory until its element is applied, so it has the same budget as
  // what it adds.
  void publish(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) override {
    if (!published_.add(argv[1].size() + argv[2].size()))
      return reply.error(errors::kGrowthTooLarge);
    engine::publish(spec, argv, outer_write_.effects());
    reply.integer(0);
  }
  [[nodiscard]] bool is_refused_for_memory(const CommandSpec& spec) const override {
    return is_short_ && (spec.flags & kFlagDenyOom) != 0;
  }

 private:
  WriteContext& outer_write_;
  Growth published_{outer_write_.state().settings.growth_bytes_max()};
  bool is_short_;  // memory was, when the script began
};

class ReadingCaller : public Caller {
 public:
  ReadingCaller(ReadContext& outer, const Job& job) : Caller(outer, job, true) {}

 protected:
  void run(const CommandSpec& spec, Arguments argv, resp::ReplyWriter& reply) override {
    if (spec.read == nullptr) return reply.error(kReadOnly);
    ReadContext context = outer_.for_command(argv, database_, prng_.next(), reply);
    spec.read(context);
    outer_.take_over(context);
  }
  void publish(const CommandSpec&, Arguments, resp::ReplyWriter& reply) override {
    reply.error(kReadOnly);
  }
  [[nodiscard]] bool is_refused_for_memory(const CommandSpec&) const override { return false; }
};

// What Redis refuses before it runs such a script; empty: nothing.
std::string_view refused_flags(const Job& job) {
  return job.has_flags && (job.flags & kNoWrites) == 0
             ? "ERR Can not execute a script with write flag using *_ro command."
             : "";
}

Interpreter& interpreter_of(const State& state, const Job& job) {
  return job.is_function ? state.script_state->function_interpreter(state.rules)
                         : state.script_state->interpreter(state.rules);
}

std::string end_text(End end, bool has_written) {
  std::string text = end == End::kMemory
                         ? "ERR the script was ended: it needs more memory than scripts may have"
                         : "ERR the script was ended: it takes more steps than scripts may take";
  return text + (has_written ? "; what it had written stays" : "; it had written nothing");
}

// What the script answers stands in the reply from `before` on.
void tell_end(ReadContext& context, const Interpreter::Outcome& outcome, std::size_t before) {
  ScriptObserver* const observer = context.observer().script_calls;
  if (observer == nullptr || !outcome.is_told) return;
  const std::string_view text = std::string_view(context.reply().out()).substr(before);
  if (text.starts_with('-')) observer->on_told_again(text);
}

}  // namespace

bool refuse_when_short(ReadContext& context, bool has_flags, std::uint8_t flags) {
  const bool may_run = !has_flags || (flags & (kAllowOom | kNoWrites)) != 0;
  if (may_run || !context.state().is_content_over()) return false;
  const bool is_outermost = context.state().content_before_exec == State::kNoExec;
  context.error(is_outermost ? errors::kOutOfMemory : kNotWhenShort);
  return true;
}

void run(WriteContext& context, const Job& job) {
  State& state = context.mutable_state();
  const bool is_short = state.is_content_over();
  const bool is_outermost = state.content_before_exec == State::kNoExec;
  if (refuse_when_short(context, job.has_flags, job.flags)) return;
  if (job.only_reads && !refused_flags(job).empty()) return context.error(refused_flags(job));
  // What the script adds is judged as a whole, like what an EXEC adds.
  if (is_outermost) state.content_before_exec = state.content_bytes();
  WritingCaller caller(context, job, is_short);
  const std::size_t before = context.reply().out().size();
  const auto outcome = interpreter_of(state, job).run(job.call, caller, context.reply());
  if (is_outermost) state.content_before_exec = State::kNoExec;
  tell_end(context, outcome, before);
  if (outcome.end != End::kNone) context.error(end_text(outcome.end, caller.has_written()));
}

void run_reading(ReadContext& context, const Job& job) {
  if (refuse_when_short(context, job.has_flags, job.flags)) return;
  if (!refused_flags(job).empty()) return context.error(refused_flags(job));
  ReadingCaller caller(context, job);
  const std::size_t before = context.reply().out().size();
  const auto outcome = interpreter_of(context.state(), job).run(job.call, caller, context.reply());
  tell_end(context, outcome, before);
  if (outcome.end != End::kNone) context.error(end_text(outcome.end, false));
}

}  // namespace engine::scripts
