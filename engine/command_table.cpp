// The command table as a whole: lookup by name, arity and subcommand errors with Redis 7.0's texts,
// keys of a call.
#include <algorithm>
#include <array>
#include <optional>

#include "base/number.h"
#include "engine/acl_category.h"
#include "engine/command.h"
#include "engine/command_specs/groups.h"
#include "engine/context.h"
#include "engine/key_spec.h"

namespace engine {
namespace {

constexpr std::size_t kShownNameBytes =
    128;  // of an unknown command's name, and of its arguments together
constexpr std::size_t kNameBytesMax = 32;

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Immutable after construction: names hashed into a table four times as large as needed.
class Table {
 public:
  Table() {
    for (const auto group : command_specs::all_groups()) {
      for (const CommandSpec& spec : group) ordered_.push_back(&spec);
    }
    std::sort(ordered_.begin(), ordered_.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    std::size_t size = 64;
    while (size < 4 * ordered_.size()) size *= 2;
    slots_.assign(size, nullptr);
    for (const CommandSpec* spec : ordered_) {
      std::size_t slot = hash(spec->name) & (size - 1);
      while (slots_[slot] != nullptr) slot = (slot + 1) & (size - 1);
      slots_[slot] = spec;
    }
  }

  [[nodiscard]] const CommandSpec* find(std::string_view name) const {
    if (name.size() > kNameBytesMax) return nullptr;
    std::size_t slot = hash(name) & (slots_.size() - 1);
    for (; slots_[slot] != nullptr; slot = (slot + 1) & (slots_.size() - 1)) {
      if (equals_ignoring_case(slots_[slot]->name, name)) return slots_[slot];
    }
    return nullptr;
  }
  [[nodiscard]] std::span<const CommandSpec* const> ordered() const { return ordered_; }

 private:
  static std::size_t hash(std::string_view name) {
    std::uint64_t value = 0xCBF29CE484222325ULL;
    for (const char c : name)
      value = (value ^ static_cast<unsigned char>(fold(c))) * 0x100000001B3ULL;
    return static_cast<std::size_t>(value ^ (value >> 32));
  }
  std::vector<const CommandSpec*> ordered_;
  std::vector<const CommandSpec*> slots_;
};

const Table& table() {
  static const Table instance;
  return instance;
}

// Error texts end where a C string would, as in Redis.
std::string_view shown_part(std::string_view text, std::size_t bytes_max) {
  return text.substr(0, std::min(bytes_max, text.find('\0')));
}

std::string unknown_command(Arguments argv) {
  std::string shown;
  for (std::size_t i = 1; i < argv.size() && shown.size() < kShownNameBytes; ++i) {
    shown += "'" + std::string(shown_part(argv[i], kShownNameBytes - shown.size())) + "' ";
  }
  return "ERR unknown command '" + std::string(shown_part(argv[0], kShownNameBytes)) +
         "', with args beginning with: " + shown;
}

std::string wrong_arity(std::string_view name) {
  return "ERR wrong number of arguments for '" + std::string(name) + "' command";
}

bool is_arity_right(const CommandSpec& spec, std::size_t count) {
  return spec.arity >= 0 ? count == static_cast<std::size_t>(spec.arity)
                         : count >= static_cast<std::size_t>(-spec.arity);
}

const CommandSpec* find_subcommand(const CommandSpec& container, std::string_view name) {
  for (const CommandSpec& sub : container.subcommands) {
    if (equals_ignoring_case(sub.name.substr(container.name.size() + 1), name)) return &sub;
  }
  return nullptr;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

// Position of the first key of a spec; nullopt if it has none in this call.
std::optional<std::int64_t> first_of(const KeySpec& spec, Arguments argv) {
  if (spec.begin == KeySpec::Begin::kIndex) return spec.index;
  if (spec.begin != KeySpec::Begin::kKeyword) return {};
  const auto count = static_cast<std::int64_t>(argv.size());
  const std::int64_t start = spec.start_from > 0 ? spec.start_from : count + spec.start_from;
  const std::int64_t step = spec.start_from > 0 ? 1 : -1;
  for (std::int64_t i = start; i > 0 && i < count; i += step) {
    if (equals_ignoring_case(argv[static_cast<std::size_t>(i)], spec.keyword)) return i + 1;
  }
  return {};
}

bool add_keys(const KeySpec& spec, Arguments argv, Keys& keys) {
  const auto first = first_of(spec, argv);
  const auto count = static_cast<std::int64_t>(argv.size());
  if (!first) return true;
  if (*first >= count) return spec.begin == KeySpec::Begin::kKeyword;  // a word with nothing behind
  std::int64_t begin = *first, end = *first;
  if (spec.find == KeySpec::Find::kRange) {
    end = spec.last_key >= 0 ? begin + spec.last_key : count + spec.last_key;
    if (spec.limit > 1 && spec.last_key < 0)
      end = begin + (count - begin) / spec.limit + spec.last_key;
  } else if (spec.find == KeySpec::Find::kKeynum) {
    const std::int64_t at = begin + spec.keynum_index;
    if (at >= count) return false;
    const auto number = base::parse_integer(argv[static_cast<std::size_t>(at)]);
    if (!number || *number < 1 || *number > count) return false;
    begin += spec.first_key;
    end = begin + (*number - 1) * spec.key_step;
  } else {
    return true;
  }
  if (end >= count) return false;
  for (std::int64_t i = begin; i <= end; i += spec.key_step)
    keys.positions.push_back({static_cast<std::size_t>(i), spec.flags});
  return true;
}

// SORT's key specs cannot say where STORE is; the last one counts, and a key may be called STORE
// too.
void add_store_key(const CommandSpec& spec, Arguments argv, Keys& keys) {
  std::optional<std::size_t> target;
  for (std::size_t i = 2; i + 1 < argv.size(); ++i) {
    if (equals_ignoring_case(argv[i], "LIMIT"))
      i += 2;
    else if (equals_ignoring_case(argv[i], "BY") || equals_ignoring_case(argv[i], "GET"))
      i += 1;
    else if (equals_ignoring_case(argv[i], "STORE"))
      target = i + 1;
  }
  if (target) keys.positions.push_back({*target, spec.key_specs.back().flags});
}

}  // namespace

const CommandSpec* find_command(std::string_view name) { return table().find(name); }
std::span<const CommandSpec* const> all_commands() { return table().ordered(); }

Resolved resolve_command(Arguments argv) {
  const CommandSpec* spec = find_command(argv[0]);
  if (spec == nullptr) return {nullptr, unknown_command(argv)};
  if (!spec->subcommands.empty() && argv.size() > 1) {
    const CommandSpec* sub = find_subcommand(*spec, argv[1]);
    if (sub == nullptr) {
      return {nullptr, "ERR unknown subcommand '" +
                           std::string(shown_part(argv[1], kShownNameBytes)) + "'. Try " +
                           upper(spec->name) + " HELP."};
    }
    spec = sub;
  }
  if (!is_arity_right(*spec, argv.size())) return {spec, wrong_arity(spec->name)};
  return {spec, {}};
}

Keys keys_of(const CommandSpec& spec, Arguments argv) {
  Keys keys;
  for (const KeySpec& key_spec : spec.key_specs)
    keys.ok = keys.ok && add_keys(key_spec, argv, keys);
  if (!keys.ok) keys.positions.clear();
  if (keys.ok && spec.name == "sort") add_store_key(spec, argv, keys);
  return keys;
}

}  // namespace engine
