// BITFIELD and BITFIELD_RO: integers of any width at any bit of a string.
#include <algorithm>
#include <string>
#include <vector>

#include "base/number.h"
#include "engine/commands/bitmaps.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/types/bits.h"

namespace engine::commands {
namespace {

constexpr std::string_view kInvalidType =
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
    "is.";

enum class Verb : std::uint8_t { kGet, kSet, kIncrement };

struct Step {
  Verb verb = Verb::kGet;
  bits::Overflow overflow = bits::Overflow::kWrap;
  bits::Field field;
  std::int64_t value = 0;

  [[nodiscard]] std::uint64_t end() const { return field.offset + field.width; }
};

bool take_type(ReadContext& context, std::string_view word, bits::Field& field) {
  field.is_signed = word.starts_with('i');
  const auto width =
      field.is_signed || word.starts_with('u') ? base::parse_integer(word.substr(1)) : std::nullopt;
  if (!width || *width < 1 || *width > (field.is_signed ? 64 : 63))
    return context.error(kInvalidType), false;
  field.width = static_cast<std::uint32_t>(*width);
  return true;
}

bool take_overflow(ReadContext& context, std::string_view word, bits::Overflow& overflow) {
  if (equals_ignoring_case(word, "WRAP")) return overflow = bits::Overflow::kWrap, true;
  if (equals_ignoring_case(word, "SAT")) return overflow = bits::Overflow::kSaturate, true;
  if (equals_ignoring_case(word, "FAIL")) return overflow = bits::Overflow::kFail, true;
  context.error("ERR Invalid OVERFLOW type specified");
  return false;
}

std::optional<Verb> verb_named(std::string_view word, std::size_t words_left) {
  if (equals_ignoring_case(word, "GET") && words_left >= 2) return Verb::kGet;
  if (equals_ignoring_case(word, "SET") && words_left >= 3) return Verb::kSet;
  if (equals_ignoring_case(word, "INCRBY") && words_left >= 3) return Verb::kIncrement;
  return {};
}

// One GET, SET or INCRBY with its words; false: the error was written.
bool take_step(ReadContext& context, std::size_t& i, Step& step) {
  const auto verb = verb_named(context.arg(i), context.argc() - i - 1);
  if (!verb) return context.error(errors::kSyntax), false;
  step.verb = *verb;
  if (!take_type(context, context.arg(i + 1), step.field)) return false;
  const auto offset = bit_offset(context, context.arg(i + 2), step.field.width);
  if (!offset) return false;
  step.field.offset = *offset;
  i += 3;
  if (step.verb == Verb::kGet) return true;
  const auto value = integer_argument(context, i++);
  step.value = value.value_or(0);
  return value.has_value();
}

bool parse_steps(ReadContext& context, std::vector<Step>& steps) {
  bits::Overflow overflow = bits::Overflow::kWrap;
  for (std::size_t i = 2; i < context.argc();) {
    if (equals_ignoring_case(context.arg(i), "OVERFLOW") && i + 1 < context.argc()) {
      if (!take_overflow(context, context.arg(i + 1), overflow)) return false;
      i += 2;
      continue;
    }
    Step step{.overflow = overflow, .field = {}};
    if (!take_step(context, i, step)) return false;
    steps.push_back(step);
  }
  return true;
}

bool only_reads(const std::vector<Step>& steps) {
  return std::all_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.verb == Verb::kGet; });
}

void read_steps(ReadContext& context, const std::vector<Step>& steps) {
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  char scratch[kScratchBytes];
  const std::string_view bytes =
      entry == nullptr ? std::string_view() : entry->value().view(scratch);
  context.reply().array(steps.size());
  for (const Step& step : steps) context.reply().integer(bits::read_field(bytes, step.field));
}

struct Written {
  bool anything = false;  // be it what was there
  bool has_changed = false;
};

// Answers one step and carries it out.
void carry_out(const Step& step, TextEdit& text, resp::ReplyWriter& reply, Written& written) {
  const std::int64_t old = bits::read_field(text.view(), step.field);
  if (step.verb == Verb::kGet) return reply.integer(old);
  const bool is_set = step.verb == Verb::kSet;
  const auto value =
      bits::fitted(step.field, is_set ? step.value : old, is_set ? 0 : step.value, step.overflow);
  if (!value) return reply.null();
  write_field(text, step.field, *value);
  reply.integer(is_set ? old : *value);
  written.anything = true;
  written.has_changed |= *value != old;
}

void bitfield(WriteContext& context) {
  std::vector<Step> steps;
  if (!parse_steps(context, steps)) return;
  if (only_reads(steps)) return read_steps(context, steps);
  std::uint64_t end = 0;
  for (const Step& step : steps)
    if (step.verb != Verb::kGet) end = std::max(end, step.end());
  bool has_grown = false;
  if (!prepare_bits(context, (end + 7) / 8, has_grown)) return;
  Written written;
  context.reply().array(steps.size());
  context.edit<TextEdit>(context.arg(1), [&](TextEdit& text) {
    for (const Step& step : steps) carry_out(step, text, context.reply(), written);
    return written.has_changed;
  });
  // Room that was made for steps which all failed is no event in Redis 7.0.
  if (written.has_changed || (has_grown && written.anything))
    context.notify('$', "setbit", context.arg(1));
}

void bitfield_ro(ReadContext& context) {
  std::vector<Step> steps;
  if (!parse_steps(context, steps)) return;
  if (!only_reads(steps)) return context.error("ERR BITFIELD_RO only supports the GET subcommand");
  read_steps(context, steps);
}

// It writes only with SET or INCRBY.
std::string_view key_use_of_bitfield(Arguments argv) {
  const bool writes = has_option(argv, 2, {"SET", "INCRBY"});
  return writes ? kKeyReadUpdate : kKeyRead;
}

constexpr CommandRow kBitfieldRows[] = {
    row("bitfield", -2, kFlagWrite | kFlagDenyOom,
        one_key(kKeyVaries).noted("This command allows both access and modification of the key"),
        {"Reads and changes integers of any width within a string.", "3.2.0"}, {.write = bitfield},
        {.key_use = key_use_of_bitfield}),
    row("bitfield_ro", -2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads integers of any width within a string.", "6.0.0"}, {.read = bitfield_ro}),
};

}  // namespace

constinit const Family kBitfieldFamily{"bitmap", kBitfieldRows};

}  // namespace engine::commands
