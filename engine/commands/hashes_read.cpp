// Hashes: the commands that read one.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/picks.h"
#include "engine/commands/scan_options.h"
#include "engine/context.h"
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

// What HRANDFIELD picks from: a packed hash is unpacked once.
class Fields {
 public:
  explicit Fields(const HashView& hash) : hash_(hash), places_(hash) {
    if (!hash.is_packed()) return;
    hash.for_each([this](std::string_view field, std::string_view value) {
      unpacked_.emplace_back(field, value);
    });
  }
  [[nodiscard]] std::uint64_t size() const { return places_.size(); }
  void write(std::uint64_t i, bool with_values, resp::ReplyWriter& reply) const {
    const auto write_pair = [&](std::string_view field, std::string_view value) {
      if (with_values && reply.is_resp3()) reply.array(2);
      reply.bulk(field);
      if (with_values) reply.bulk(value);
    };
    if (hash_.is_packed()) return write_pair(unpacked_[i].first, unpacked_[i].second);
    hash_.visit_place(places_.at(i), write_pair);
  }

 private:
  const HashView& hash_;
  LivePlaces<HashView> places_;
  std::vector<std::pair<std::string, std::string>> unpacked_;
};

void write_random(ReadContext& context, const Fields& fields, std::int64_t count,
                  bool with_values) {
  resp::ReplyWriter& reply = context.reply();
  const std::size_t replies_each = with_values && !reply.is_resp3() ? 2 : 1;
  if (count < 0) {
    const std::uint64_t wanted = 0 - static_cast<std::uint64_t>(count);
    if (!context.reply_fits(0, with_values ? 2 * wanted : wanted)) return;
    reply.array(wanted * replies_each);
    for (std::uint64_t i = 0; i < wanted && !reply.is_over(); ++i)
      fields.write(context.prng().below(fields.size()), with_values, reply);
    return;
  }
  const auto picks =
      distinct_picks(context.prng(), fields.size(), static_cast<std::uint64_t>(count));
  reply.array(picks.size() * replies_each);
  for (const std::uint64_t pick : picks) fields.write(pick, with_values, reply);
}

// HRANDFIELD's count; nullopt: an error was written.
std::optional<std::int64_t> random_count(ReadContext& context) {
  constexpr std::string_view kRange =
      "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
  const auto count = integer_argument(context, 2);
  if (!count) return {};
  if (*count == INT64_MIN) return context.error(kRange), std::nullopt;
  return count;
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
  const bool has_count = context.argc() >= 3;
  std::int64_t count = 1;
  bool with_values = false;
  if (has_count) {
    const auto given = random_count(context);
    if (!given) return;
    count = *given;
    with_values = context.argc() > 3;
    if (context.argc() > 4 || (with_values && !equals_ignoring_case(context.arg(3), "WITHVALUES")))
      return context.error(errors::kSyntax);
    if (with_values && (count < -(INT64_MAX / 2) || count > INT64_MAX / 2))
      return context.error("ERR value is out of range");
  }
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return has_count ? context.reply().array(0) : context.reply().null();
  const HashView hash(entry->value(), context.log_ms());
  const Fields fields(hash);
  if (!has_count) return fields.write(context.prng().below(fields.size()), false, context.reply());
  write_random(context, fields, count, with_values);
}

void hscan(ReadContext& context) {
  const auto cursor = scan_cursor(context, 2);
  if (!cursor) return;
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  ScanOptions options;
  if (entry == nullptr) return scan_places(context, 0, 0, true, options, [](auto) { return 0U; });
  if (!parse_scan_options(context, 3, false, options)) return;
  const HashView hash(entry->value(), context.log_ms());
  scan_places(context, *cursor, hash.place_end(), hash.is_packed(), options,
              [&](std::uint64_t place) {
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

constexpr CommandRow kRows[] = {
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

constinit const Family kHashesReadFamily{"hash", kRows};

}  // namespace engine::commands
