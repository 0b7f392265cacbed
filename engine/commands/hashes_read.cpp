// Hashes: the commands that read one.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/picks.h"
#include "engine/commands/scan_options.h"
#include "engine/context/context.h"
#include "engine/types/hash.h"

namespace engine::commands {
namespace {

enum class Wanted : std::uint8_t { kFields, kValues, kBoth };

void write_all(ReadContext& context, Wanted wanted) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  resp::ReplyWriter& reply = context.reply();
  const std::size_t count =
      entry == nullptr ? 0 : HashView(entry->value(), context.log_ms()).count();
  wanted == Wanted::kBoth ? reply.map(count) : reply.array(count);
  if (entry == nullptr) return;
  HashView(entry->value(), context.log_ms())
      .for_each([&](std::string_view field, std::string_view value) {
        if (wanted != Wanted::kValues) reply.bulk(field);
        if (wanted != Wanted::kFields) reply.bulk(value);
      });
}

// What HRANDFIELD picks from.
using Fields = Pairs<HashView, std::string>;

Fields::Unpacked unpacked(const HashView& hash) {
  Fields::Unpacked fields;
  if (!hash.is_packed()) return fields;
  hash.for_each(
      [&](std::string_view field, std::string_view value) { fields.emplace_back(field, value); });
  return fields;
}

void hget(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().null();
  char scratch[kScratchBytes];
  const auto value = HashView(entry->value(), context.log_ms()).find(context.arg(2), scratch);
  value ? context.reply().bulk(*value) : context.reply().null();
}

void hmget(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  context.reply().array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    char scratch[kScratchBytes];
    std::optional<std::string_view> value;
    if (entry != nullptr)
      value = HashView(entry->value(), context.log_ms()).find(context.arg(i), scratch);
    value ? context.reply().bulk(*value) : context.reply().null();
  }
}

void hgetall(ReadContext& context) { write_all(context, Wanted::kBoth); }
void hkeys(ReadContext& context) { write_all(context, Wanted::kFields); }
void hvals(ReadContext& context) { write_all(context, Wanted::kValues); }

void hlen(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  const std::uint64_t count =
      entry == nullptr ? 0 : HashView(entry->value(), context.log_ms()).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void hstrlen(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  char scratch[kScratchBytes];
  std::optional<std::string_view> value;
  if (entry != nullptr)
    value = HashView(entry->value(), context.log_ms()).find(context.arg(2), scratch);
  context.reply().integer(value ? static_cast<std::int64_t>(value->size()) : 0);
}

void hexists(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  const bool is_there =
      entry != nullptr && HashView(entry->value(), context.log_ms()).contains(context.arg(2));
  context.reply().integer(is_there ? 1 : 0);
}

void hrandfield(ReadContext& context) {
  const auto arguments = pick_arguments(context, "WITHVALUES");
  if (!arguments) return;
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return arguments->count ? context.reply().array(0) : context.reply().null();
  const HashView hash(entry->value(), context.log_ms());
  const Fields fields(hash, unpacked(hash));
  write_picks(context, fields.size(), *arguments, [&](std::uint64_t i, bool with_value) {
    fields.write(i, with_value, context.reply());
  });
}

void hscan(ReadContext& context) {
  const auto view = [&](const Entry& entry) { return HashView(entry.value(), context.log_ms()); };
  scan_collection(context, Type::kHash, view,
                  [&](const HashView& hash, std::uint64_t place, const ScanOptions& options) {
                    std::size_t replies = 0;
                    hash.visit_place(place, [&](std::string_view field, std::string_view value) {
                      if (!options.matches(field)) return;
                      context.reply().bulk(field);
                      context.reply().bulk(value);
                      replies = 2;
                    });
                    return replies;
                  });
}

constexpr CommandRow kHashesReadRows[] = {
    row("hexists", 3, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Tells whether a hash has a field.", "2.0.0", "O(1)"}, {.read = hexists}),
    row("hget", 3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads a field of a hash.", "2.0.0", "O(1)"}, {.read = hget}),
    row("hgetall", 2, kFlagReadonly, one_key(kKeyRead),
        {"Reads all fields and values of a hash.", "2.0.0"}, {.read = hgetall},
        {.tips = "nondeterministic_output_order"}),
    row("hkeys", 2, kFlagReadonly, one_key(kKeyRead), {"Lists the fields of a hash.", "2.0.0"},
        {.read = hkeys}, {.tips = "nondeterministic_output_order"}),
    row("hlen", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Counts the fields of a hash.", "2.0.0", "O(1)"}, {.read = hlen}),
    row("hmget", -3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads several fields of a hash.", "2.0.0"}, {.read = hmget}),
    row("hrandfield", -2, kFlagReadonly, one_key(kKeyRead),
        {"Answers some fields of a hash.", "6.2.0"}, {.read = hrandfield},
        {.tips = "nondeterministic_output"}),
    row("hscan", -3, kFlagReadonly, one_key(kKeyRead),
        {"Walks the fields of a hash in steps.", "2.8.0"}, {.read = hscan},
        {.tips = "nondeterministic_output"}),
    row("hstrlen", 3, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Tells how long the value of a field is.", "3.2.0", "O(1)"}, {.read = hstrlen}),
    row("hvals", 2, kFlagReadonly, one_key(kKeyRead), {"Lists the values of a hash.", "2.0.0"},
        {.read = hvals}, {.tips = "nondeterministic_output_order"}),
};

}  // namespace

constinit const Family kHashesReadFamily{"hash", kHashesReadRows};

}  // namespace engine::commands
