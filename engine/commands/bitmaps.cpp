// SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP.
#include "engine/commands/bitmaps.h"
#include "engine/commands/families.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/number.h"
#include "engine/context/context.h"
#include "engine/types/bits.h"

namespace engine::commands {
namespace {

constexpr std::string_view kBitOffset = "ERR bit offset is not an integer or out of range";
constexpr std::string_view kBit = "ERR bit is not an integer or out of range";

// A stretch of a string, given by two of its ends, in bytes or bits, from the front or the back.
struct Stretch {
  std::int64_t first = 0, last = -1;
  bool is_bits = false;

  // Within a string of that size; nullopt: empty.
  [[nodiscard]] std::optional<bits::Range> in(std::size_t bytes) const {
    const std::int64_t size = static_cast<std::int64_t>(bytes) * (is_bits ? 8 : 1);
    const auto from_front = [size](std::int64_t at) {
      return at < 0 ? std::max<std::int64_t>(at + size, 0) : at;
    };
    const std::int64_t from = from_front(first);
    const std::int64_t to = std::min(from_front(last), size - 1);
    if (from > to) return {};
    const auto begin = static_cast<std::uint64_t>(from);
    const auto end = static_cast<std::uint64_t>(to);
    return is_bits ? bits::Range{begin, end} : bits::Range{begin * 8, end * 8 + 7};
  }
};

// BYTE or BIT; false: the error was written.
bool take_unit(ReadContext& context, std::size_t i, Stretch& stretch) {
  stretch.is_bits = equals_ignoring_case(context.arg(i), "BIT");
  if (stretch.is_bits || equals_ignoring_case(context.arg(i), "BYTE")) return true;
  context.error(errors::kSyntax);
  return false;
}

std::optional<bits::Operation> operation_named(std::string_view name) {
  if (equals_ignoring_case(name, "AND")) return bits::Operation::kAnd;
  if (equals_ignoring_case(name, "OR")) return bits::Operation::kOr;
  if (equals_ignoring_case(name, "XOR")) return bits::Operation::kXor;
  return {};
}

// The strings of the keys, "" for an absent one; false: one is of another type.
bool read_sources(WriteContext& context, std::vector<std::string>& digits,
                  std::vector<std::string_view>& sources) {
  digits.reserve(context.argc());
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const Entry* entry = context.find(context.arg(i));
    if (entry == nullptr) {
      sources.emplace_back();
      continue;
    }
    const ValueView value = entry->value();
    if (value.type() != Type::kString) return context.error(errors::kWrongType), false;
    char scratch[kScratchBytes];
    if (value.is_integer()) digits.emplace_back(value.view(scratch));
    sources.push_back(value.is_integer() ? std::string_view(digits.back()) : value.view(scratch));
  }
  return true;
}

std::string combined(std::optional<bits::Operation> operation,
                     const std::vector<std::string_view>& sources) {
  std::size_t size = 0;
  for (const std::string_view source : sources) size = std::max(size, source.size());
  std::string result;
  result.reserve(size);
  result = sources[0];
  result.resize(size, '\0');
  if (!operation) bits::invert(result);
  for (std::size_t i = 1; i < sources.size(); ++i) bits::combine(*operation, result, sources[i]);
  return result;
}

}  // namespace

std::optional<std::uint64_t> bit_offset(ReadContext& context, std::string_view word,
                                        std::uint32_t unit) {
  const bool is_in_units = unit != 0 && word.starts_with('#');
  const auto number = base::parse_integer(is_in_units ? word.substr(1) : word);
  // The product wraps around, as in Redis.
  const std::uint64_t offset = static_cast<std::uint64_t>(number.value_or(-1)) *
                               (is_in_units && number ? std::uint64_t{unit} : 1U);
  const std::uint64_t bytes_max = context.state().settings.proto_max_bulk_len();
  if (static_cast<std::int64_t>(offset) < 0 || offset / 8 >= bytes_max)
    return context.error(kBitOffset), std::nullopt;
  return offset;
}

bool prepare_bits(WriteContext& context, std::uint64_t size, bool& has_grown) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kString);
  if (entry.is_wrong()) return false;
  const std::uint64_t old_size = entry == nullptr ? 0 : entry->value().size();
  has_grown = entry == nullptr || old_size < size;
  if (has_grown && !context.may_grow(size - std::min(size, old_size))) return false;
  if (entry == nullptr) {
    TextEdit text(Value::from_text({}, true));
    text.resize(size);
    context.put(key, std::move(text).release(), kNoExpiry);
  } else if (has_grown) {
    context.edit<TextEdit>(key, [size](TextEdit& text) {
      text.resize(size);
      return true;
    });
  } else if (entry->value().encoding() != "raw") {
    context.make_raw(key);
  }
  return true;
}

void write_field(TextEdit& text, bits::Field field, std::int64_t value) {
  const std::uint64_t first = field.offset / 8;
  const std::uint64_t end = (field.offset + field.width + 7) / 8;
  std::string part(text.view().substr(first, end - first));
  field.offset %= 8;
  bits::write_field(part, field, value);
  text.write(first, part);
}

namespace {

void setbit(WriteContext& context) {
  const auto offset = bit_offset(context, context.arg(2), 0);
  if (!offset) return;
  const auto bit = integer_argument(context, 3, kBit);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return context.error(kBit);
  bool has_grown = false;
  if (!prepare_bits(context, *offset / 8 + 1, has_grown)) return;
  char scratch[kScratchBytes];
  const Entry* entry = context.find_for_write(context.arg(1));
  const bool old = bits::get(entry->value().view(scratch), *offset);
  if (old != (*bit == 1))
    context.edit<TextEdit>(context.arg(1), [&](TextEdit& text) {
      write_field(text, {.width = 1, .offset = *offset}, *bit);
      return true;
    });
  if (has_grown || old != (*bit == 1)) context.notify('$', "setbit", context.arg(1));
  context.reply().integer(old ? 1 : 0);
}

void getbit(ReadContext& context) {
  const auto offset = bit_offset(context, context.arg(2), 0);
  if (!offset) return;
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  char scratch[kScratchBytes];
  const bool bit = entry != nullptr && bits::get(entry->value().view(scratch), *offset);
  context.reply().integer(bit ? 1 : 0);
}

void bitcount(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  Stretch stretch;
  if (context.argc() == 3 || context.argc() > 5) return context.error(errors::kSyntax);
  if (context.argc() > 3) {
    const auto first = integer_argument(context, 2);
    if (!first) return;
    const auto last = integer_argument(context, 3);
    if (!last) return;
    stretch = {*first, *last};
    if (*first < 0 && *last < 0 && *first > *last) return context.reply().integer(0);
  }
  if (context.argc() == 5 && !take_unit(context, 4, stretch)) return;
  char scratch[kScratchBytes];
  const std::string_view bytes = entry->value().view(scratch);
  const auto range = stretch.in(bytes.size());
  context.reply().integer(range ? static_cast<std::int64_t>(bits::count(bytes, *range)) : 0);
}

void bitpos(ReadContext& context) {
  const auto bit = integer_argument(context, 2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return context.error("ERR The bit argument must be 1 or 0.");
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(*bit == 1 ? -1 : 0);
  Stretch stretch;
  if (context.argc() > 6) return context.error(errors::kSyntax);
  if (context.argc() > 3) {
    const auto first = integer_argument(context, 3);
    if (!first) return;
    stretch.first = *first;
  }
  if (context.argc() == 6 && !take_unit(context, 5, stretch)) return;
  if (context.argc() > 4) {
    const auto last = integer_argument(context, 4);
    if (!last) return;
    stretch.last = *last;
  }
  char scratch[kScratchBytes];
  const std::string_view bytes = entry->value().view(scratch);
  const auto range = stretch.in(bytes.size());
  const auto found = range ? bits::find(bytes, *range, *bit == 1) : std::nullopt;
  // Behind a string without an end given there are zeros.
  const bool is_behind = !found && range && *bit == 0 && context.argc() <= 4;
  const std::int64_t behind = is_behind ? static_cast<std::int64_t>(bytes.size()) * 8 : -1;
  context.reply().integer(found ? static_cast<std::int64_t>(*found) : behind);
}

void bitop(WriteContext& context) {
  const bool is_not = equals_ignoring_case(context.arg(1), "NOT");
  const auto operation = operation_named(context.arg(1));
  if (!is_not && !operation) return context.error(errors::kSyntax);
  if (is_not && context.argc() != 4)
    return context.error("ERR BITOP NOT must be called with a single source key.");
  std::vector<std::string> digits;
  std::vector<std::string_view> sources;
  if (!read_sources(context, digits, sources)) return;
  std::size_t result_size = 0;
  for (const std::string_view source : sources) result_size = std::max(result_size, source.size());
  if (!context.may_grow(result_size)) return;
  std::string result = combined(operation, sources);
  const auto size = static_cast<std::int64_t>(result.size());
  const std::string_view target = context.arg(2);
  context.drop_if_expired(target);
  if (size > 0) {
    context.put(target, Value::from_text(std::move(result), true), kNoExpiry);
    context.notify('$', "set", target);
  } else if (context.remove(target)) {
    context.notify('g', "del", target);
  }
  context.reply().integer(size);
}

constexpr CommandRow kBitmapsRows[] = {
    row("bitcount", -2, kFlagReadonly, one_key(kKeyRead),
        {"Counts the ones of a string.", "2.6.0", "O(N)"}, {.read = bitcount}),
    row("bitop", -4, kFlagWrite | kFlagDenyOom, target_and_keys(kKeyOverwrite, kKeyRead, 2),
        {"Combines strings bit by bit and stores what comes out.", "2.6.0", "O(N)"},
        {.write = bitop}),
    row("bitpos", -3, kFlagReadonly, one_key(kKeyRead),
        {"Finds the first one or zero of a string.", "2.8.7", "O(N)"}, {.read = bitpos}),
    row("getbit", 3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads a bit of a string.", "2.2.0", "O(1)"}, {.read = getbit}),
    row("setbit", 4, kFlagWrite | kFlagDenyOom, one_key(kKeyReadUpdate),
        {"Writes a bit of a string.", "2.2.0", "O(1)"}, {.write = setbit}),
};

}  // namespace

constinit const Family kBitmapsFamily{"bitmap", kBitmapsRows};

}  // namespace engine::commands
