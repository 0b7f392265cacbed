// PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/prng.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/types/hyperloglog.h"

namespace engine::commands {
namespace {

using hyperloglog::Outcome;
using hyperloglog::Registers;

constexpr std::string_view kNone = "WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

// Whether the entry (nullptr: absent, which is fine) holds one; false: the error was written.
bool holds_one(ReadContext& context, const Entry* entry) {
  if (entry == nullptr) return true;
  const ValueView value = entry->value();
  if (value.type() != Type::kString) return context.error(errors::kWrongType), false;
  char scratch[kScratchBytes];
  if (hyperloglog::is_one(value.view(scratch))) return true;
  context.error(kNone);
  return false;
}

std::string_view bytes_of(const Entry& entry) {
  char scratch[kScratchBytes];  // never used: no number is one
  return entry.value().view(scratch);
}

std::uint64_t sparse_bytes_max(const ReadContext& context) {
  return context.state().settings.hll_sparse_max_bytes();
}

// The key's string, created if absent; false: the error was written.
bool prepare(WriteContext& context, bool& is_new) {
  const Entry* entry = context.find_for_write(context.arg(1));
  constexpr std::uint64_t kBytesMax = 12'304;  // of the dense form
  if (!holds_one(context, entry) || !context.may_grow(kBytesMax)) return false;
  is_new = entry == nullptr;
  if (is_new)
    context.put(context.arg(1), Value::from_text(hyperloglog::make(), true), kNoExpiry);
  else if (entry->value().encoding() != "raw")
    context.make_raw(context.arg(1));
  return true;
}

// The highest registers of the keys from argv[1] on; false: the error was written.
bool merge_keys(ReadContext& context, Registers& registers, bool& has_dense) {
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Entry* entry = context.find(context.arg(i));
    if (!holds_one(context, entry)) return false;
    if (entry == nullptr) continue;
    has_dense |= hyperloglog::is_dense(bytes_of(*entry));
    if (!hyperloglog::merge(bytes_of(*entry), registers)) return context.error(kCorrupt), false;
  }
  return true;
}

// Puts the registers into `bytes`.
bool write_registers(std::string& bytes, const Registers& registers, bool is_dense,
                     std::uint64_t bytes_max) {
  if (is_dense && !hyperloglog::make_dense(bytes)) return false;
  for (std::uint32_t i = 0; i < hyperloglog::kRegisters; ++i) {
    if (registers[i] != 0) static_cast<void>(hyperloglog::raise(bytes, i, registers[i], bytes_max));
  }
  hyperloglog::make_stale(bytes);
  return true;
}

void reply_with_registers(ReadContext& context, std::string_view bytes) {
  const auto registers = std::make_unique<Registers>();
  if (!hyperloglog::merge(bytes, *registers)) return context.error(kCorrupt);
  context.reply().array(registers->size());
  for (const std::uint8_t value : *registers) context.reply().integer(value);
}

// PFDEBUG TODENSE and GETREG: nullopt when it is corrupt, the error was written.
std::optional<bool> made_dense(WriteContext& context, const Entry& entry) {
  if (hyperloglog::is_dense(bytes_of(entry))) return false;
  std::string bytes(bytes_of(entry));
  if (!hyperloglog::make_dense(bytes)) return context.error(kCorrupt), std::nullopt;
  context.edit_string(context.arg(2), [&bytes](std::string& old) { old.swap(bytes); });
  return true;
}

// What PFDEBUG answers may be long, and it changes the value's form first.
bool debug_reply_fits(WriteContext& context, std::string_view bytes) {
  if (equals_ignoring_case(context.arg(1), "GETREG"))
    return context.reply_fits(0, hyperloglog::kRegisters);
  const bool is_decoded =
      equals_ignoring_case(context.arg(1), "DECODE") && !hyperloglog::is_dense(bytes);
  return !is_decoded || context.reply_fits(hyperloglog::decoded(bytes).size());
}

void pfadd(WriteContext& context) {
  bool is_new = false;
  if (!prepare(context, is_new)) return;
  Outcome outcome = is_new ? Outcome::kChanged : Outcome::kUnchanged;
  const std::uint64_t bytes_max = sparse_bytes_max(context);
  context.edit_string_if(context.arg(1), [&](std::string& bytes) {
    for (std::size_t i = 2; i < context.argc() && outcome != Outcome::kCorrupt; ++i) {
      const Outcome one = hyperloglog::add(bytes, context.arg(i), bytes_max);
      if (one != Outcome::kUnchanged) outcome = one;
    }
    if (outcome == Outcome::kChanged) hyperloglog::make_stale(bytes);
    return outcome == Outcome::kChanged;
  });
  if (outcome == Outcome::kCorrupt) return context.error(kCorrupt);
  if (outcome == Outcome::kChanged) context.notify('$', "pfadd", context.arg(1));
  context.reply().integer(outcome == Outcome::kChanged ? 1 : 0);
}

void pfcount(ReadContext& context) {
  if (context.argc() > 2) {
    const auto registers = std::make_unique<Registers>();
    bool has_dense = false;
    if (merge_keys(context, *registers, has_dense))
      context.reply().integer(static_cast<std::int64_t>(hyperloglog::count(*registers)));
    return;
  }
  const Entry* entry = context.find(context.arg(1));
  if (!holds_one(context, entry)) return;
  if (entry == nullptr) return context.reply().integer(0);
  auto count = hyperloglog::kept_count(bytes_of(*entry));
  if (!count) count = hyperloglog::count(bytes_of(*entry));
  if (!count) return context.error(kCorrupt);
  context.reply().integer(static_cast<std::int64_t>(*count));
}

// PFCOUNT of one key keeps the estimate in the string: it is a read that may have to change bytes.
bool pfcount_wants_write(ReadContext& context) {
  if (context.argc() != 2) return false;
  const Entry* entry = context.find(context.arg(1), Lookup::kSilent);
  if (entry == nullptr || entry->value().type() != Type::kString) return false;
  if (entry->value().is_integer() || !hyperloglog::is_one(bytes_of(*entry))) return false;
  return !hyperloglog::kept_count(bytes_of(*entry)) || entry->value().encoding() != "raw";
}

void pfcount_and_keep(WriteContext& context) {
  context.drop_if_expired(context.arg(1));
  if (pfcount_wants_write(context)) {
    const std::string_view key = context.arg(1);
    const std::string_view bytes = bytes_of(*context.find(key, Lookup::kSilent));
    const bool is_stale = !hyperloglog::kept_count(bytes);
    const auto count = hyperloglog::count(bytes);
    if (!is_stale || !count)
      context.make_raw(key);
    else
      context.edit_string(key, [&](std::string& old) { hyperloglog::keep_count(old, *count); });
  }
  pfcount(context);
}

void pfmerge(WriteContext& context) {
  const auto registers = std::make_unique<Registers>();
  bool has_dense = false, is_new = false;
  if (!merge_keys(context, *registers, has_dense) || !prepare(context, is_new)) return;
  bool is_whole = true;
  context.edit_string_if(context.arg(1), [&](std::string& bytes) {
    is_whole = write_registers(bytes, *registers, has_dense, sparse_bytes_max(context));
    return is_whole;
  });
  if (!is_whole) return context.error(kCorrupt);
  context.notify('$', "pfadd", context.arg(1));
  context.reply().ok();
}

void pfdebug(WriteContext& context) {
  const Entry* entry = context.find_for_write(context.arg(2));
  if (entry == nullptr) return context.error("ERR The specified key does not exist");
  if (!holds_one(context, entry)) return;
  if (!debug_reply_fits(context, bytes_of(*entry))) return;
  if (entry->value().encoding() != "raw") context.make_raw(context.arg(2));
  entry = context.find_for_write(context.arg(2));
  const std::string_view what = context.arg(1);
  const auto is = [what](std::string_view word) { return equals_ignoring_case(what, word); };
  if (!is("GETREG") && !is("DECODE") && !is("ENCODING") && !is("TODENSE"))
    return context.error("ERR Unknown PFDEBUG subcommand '" + std::string(what) + "'");
  const bool is_dense = hyperloglog::is_dense(bytes_of(*entry));
  if (is("ENCODING")) return context.reply().status(is_dense ? "dense" : "sparse");
  if (is("DECODE")) {
    if (is_dense) return context.error("ERR HLL encoding is not sparse");
    return context.reply().bulk(hyperloglog::decoded(bytes_of(*entry)));
  }
  const auto changed = made_dense(context, *entry);
  if (!changed) return;
  if (is("TODENSE")) return context.reply().integer(*changed ? 1 : 0);
  reply_with_registers(context, bytes_of(*context.find_for_write(context.arg(2))));
}

// Registers of both forms hold what was put into them, and estimates are near the truth.
void pfselftest(ReadContext& context) {
  base::Prng prng(1);
  Registers registers{};
  std::string sparse = hyperloglog::make();
  std::string dense = hyperloglog::make();
  bool is_right = hyperloglog::make_dense(dense);
  constexpr std::uint64_t kElements = 10000;
  for (std::uint64_t i = 1; i <= kElements; ++i) {
    const std::uint64_t element = prng.next();
    const std::string_view name(reinterpret_cast<const char*>(&element), sizeof element);
    const auto place = hyperloglog::register_of(name);
    registers[place.index] = std::max(registers[place.index], place.value);
    static_cast<void>(hyperloglog::add(sparse, name, kElements * 3));
    static_cast<void>(hyperloglog::add(dense, name, 0));
  }
  const std::uint64_t count = hyperloglog::count(registers);
  is_right = is_right && hyperloglog::count(sparse) == count && hyperloglog::count(dense) == count;
  is_right = is_right && count > kElements * 96 / 100 && count < kElements * 104 / 100;
  is_right ? context.reply().ok() : context.error("ERR a HyperLogLog went wrong");
}

constexpr CommandRow kHyperloglogsRows[] = {
    row("pfadd", -2, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds elements to a HyperLogLog.", "2.8.9"}, {.write = pfadd}),
    row("pfcount", -2, kFlagReadonly | kFlagMayReplicate,
        all_keys(kKeyTouch).noted("RW because it may change the internal representation of the "
                                  "key, and propagate to replicas"),
        {"Estimates how many different elements HyperLogLogs have got.", "2.8.9"},
        {.write = pfcount_and_keep, .read = pfcount, .wants_write = pfcount_wants_write}),
    row("pfdebug", 3, kFlagWrite | kFlagDenyOom | kFlagAdmin, one_key(kKeyTouch, 2),
        {"Shows a HyperLogLog from inside.", "2.8.9"}, {.write = pfdebug}),
    row("pfmerge", -2, kFlagWrite | kFlagDenyOom, target_and_keys(kKeyReadInsert, kKeyRead),
        {"Merges HyperLogLogs into the first.", "2.8.9"}, {.write = pfmerge}),
    row("pfselftest", 1, kFlagAdmin, kNoKeys, {"Checks that HyperLogLogs work.", "2.8.9"},
        {.read = pfselftest}),
};

}  // namespace

constinit const Family kHyperloglogsFamily{"hyperloglog", kHyperloglogsRows};

}  // namespace engine::commands
