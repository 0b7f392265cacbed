#include "node/config/directive_value.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/number.h"
#include "engine/context/context.h"
#include "node/messages/names.h"

namespace node {
namespace {

base::Error wrong(std::string detail) {
  return {.cause = base::Cause::kInvalid,
          .operation = "set",
          .object = "",
          .detail = std::move(detail)};
}

std::string range_text(const Directive& directive, std::string_view what) {
  return std::string(what) + " must be between " + std::to_string(directive.min) + " and " +
         std::to_string(directive.max) + " inclusive";
}

base::Result<std::string> in_range(const Directive& directive, std::int64_t value) {
  if (value < directive.min || value > directive.max)
    return wrong(range_text(directive, "argument"));
  return base::integer_text(value);
}

base::Result<std::string> flag_value(std::string_view text) {
  if (engine::equals_ignoring_case(text, "yes")) return std::string("yes");
  if (engine::equals_ignoring_case(text, "no")) return std::string("no");
  return wrong("argument must be 'yes' or 'no'");
}

base::Result<std::string> choice_value(const Directive& directive, std::string_view text) {
  std::string shown;
  for (const std::string& choice : split_blanks(directive.choices)) {
    if (engine::equals_ignoring_case(choice, text)) return choice;
    shown += (shown.empty() ? "" : ", ") + choice;
  }
  return wrong("argument(s) must be one of the following: " + shown);
}

base::Result<std::string> octal_value(const Directive& directive, std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size())
    return wrong("argument couldn't be parsed as an octal number");
  if (value < directive.min || value > directive.max)
    return wrong(range_text(directive, "argument"));
  char digits[16];
  const auto stop = std::to_chars(digits, digits + sizeof digits, value, 8).ptr;
  return std::string(digits, stop);
}

std::string class_name(std::string_view word) {
  if (engine::equals_ignoring_case(word, "replica") || engine::equals_ignoring_case(word, "slave"))
    return "slave";
  if (engine::equals_ignoring_case(word, "normal")) return "normal";
  return engine::equals_ignoring_case(word, "pubsub") ? "pubsub" : "";
}

base::Result<std::string> limits_value(std::string_view text, std::string_view old_value) {
  std::map<std::string, std::string> limits;
  const auto old_words = split_blanks(old_value);
  for (std::size_t i = 0; i + 3 < old_words.size(); i += 4) {
    limits[old_words[i]] = old_words[i + 1] + " " + old_words[i + 2] + " " + old_words[i + 3];
  }
  const auto words = split_blanks(text);
  if (words.empty() || words.size() % 4 != 0)
    return wrong("Wrong number of arguments in buffer limit configuration.");
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const std::string name = class_name(words[i]);
    if (name.empty()) return wrong("Invalid client class specified in buffer limit configuration.");
    const auto hard = parse_memory(words[i + 1]);
    const auto soft = parse_memory(words[i + 2]);
    const auto seconds = base::parse_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return wrong("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[name] =
        std::to_string(*hard) + " " + std::to_string(*soft) + " " + std::to_string(*seconds);
  }
  std::string value;
  for (const char* name : {"normal", "slave", "pubsub"})
    value += (value.empty() ? "" : " ") + std::string(name) + " " + limits[name];
  return value;
}

// At most six decimals, none that is a trailing zero.
std::string short_decimal(double value) {
  char digits[64];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 6).ptr;
  std::string text(digits, end);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

base::Result<std::string> save_points_value(std::string_view text) {
  std::string_view rest = text;
  for (std::size_t word = 0; !text.empty(); ++word) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const auto number = base::parse_integer(rest.substr(0, end));
    const bool is_seconds = word % 2 == 0;
    if (!number || *number < (is_seconds ? 1 : 0)) return wrong("Invalid save parameters");
    if (end == rest.size() && is_seconds) return wrong("Invalid save parameters");
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return std::string(text);
}

// Redis 7.0 shows them so; but it leaves out the n of An, and has the events all the same.
base::Result<std::string> event_classes_value(std::string_view text) {
  constexpr std::string_view kOfAll = "g$lshzxetd", kOrder = "Ag$lshzxetdnKEm";
  if (text.find_first_not_of(kOrder) != std::string_view::npos)
    return wrong("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  const auto has = [text](char letter) { return text.find(letter) != std::string_view::npos; };
  const bool is_all = has('A') || std::all_of(kOfAll.begin(), kOfAll.end(), has);
  std::string value;
  for (const char letter : kOrder) {
    const bool is_of_all = kOfAll.find(letter) != std::string_view::npos;
    if (letter == 'A' ? is_all : has(letter) && !(is_all && is_of_all)) value += letter;
  }
  return value;
}

base::Result<std::string> percentiles_value(const Directive& directive, std::string_view text) {
  std::string value;
  for (const std::string& word : split_blanks(text)) {
    const auto percentile = base::parse_double(word);
    if (!percentile) return wrong("Invalid " + std::string(directive.name) + " parameters");
    if (!(*percentile >= 0 && *percentile <= 100))
      return wrong(std::string(directive.name) + " parameters should sit between [0.0,100.0]");
    value += (value.empty() ? "" : " ") + short_decimal(*percentile);
  }
  return value;
}

}  // namespace

std::vector<std::string> split_blanks(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit kUnits[] = {{"", 1},           {"b", 1},       {"k", 1000},
                                    {"kb", 1024},      {"m", 1000000}, {"mb", 1 << 20},
                                    {"g", 1000000000}, {"gb", 1 << 30}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, digits)) {
    if (__builtin_mul_overflow(number, std::uint64_t{10}, &number) ||
        __builtin_add_overflow(number, static_cast<std::uint64_t>(digit - '0'), &number))
      number = UINT64_MAX;
  }
  for (const Unit& unit : kUnits) {
    std::uint64_t bytes = 0;
    if (!engine::equals_ignoring_case(text.substr(digits), unit.name)) continue;
    return __builtin_mul_overflow(number, unit.bytes, &bytes) ? UINT64_MAX : bytes;
  }
  return {};
}

base::Result<std::string> canonical_value(const Directive& directive, std::string_view text,
                                          std::string_view old_value) {
  switch (directive.kind) {
    case DirectiveKind::kFlag: return flag_value(text);
    case DirectiveKind::kChoice: return choice_value(directive, text);
    case DirectiveKind::kOctal: return octal_value(directive, text);
    case DirectiveKind::kOutputLimits: return limits_value(text, old_value);
    case DirectiveKind::kPercentiles: return percentiles_value(directive, text);
    case DirectiveKind::kSavePoints: return save_points_value(text);
    case DirectiveKind::kEventClasses: return event_classes_value(text);
    case DirectiveKind::kMemory: {
      const auto bytes = parse_memory(text);
      if (!bytes) return wrong("argument must be a memory value");
      if (*bytes > INT64_MAX) return wrong(range_text(directive, "argument"));
      return in_range(directive, static_cast<std::int64_t>(*bytes));
    }
    case DirectiveKind::kInteger: {
      const auto number = base::parse_integer(text);
      return number
                 ? in_range(directive, *number)
                 : base::Result<std::string>(wrong("argument couldn't be parsed into an integer"));
    }
    case DirectiveKind::kHost:
      if (!text.empty() && !is_host(text))
        return wrong("Hostnames may only contain alphanumeric characters, hyphens or dots");
      break;
    case DirectiveKind::kText:
    case DirectiveKind::kWords: break;
  }
  return std::string(text);
}

OutputLimit output_limit(std::string_view value, std::string_view client_class) {
  const auto words = split_blanks(value);
  for (std::size_t i = 0; i + 3 < words.size(); i += 4) {
    if (words[i] != client_class) continue;
    const auto number = [&](std::size_t at) {
      return static_cast<std::uint64_t>(base::parse_integer(words[at]).value_or(0));
    };
    return {number(i + 1), number(i + 2), static_cast<std::int64_t>(number(i + 3))};
  }
  return {};
}

}  // namespace node
