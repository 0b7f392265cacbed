// Where the keys of a call stand, by the key specifications of its command.
#include <optional>

#include "base/number.h"
#include "engine/command/arguments.h"
#include "engine/command/command.h"
#include "engine/command/key_shape.h"

namespace engine {
namespace {

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
  if (spec.use == kNotKey) return true;
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
  for (std::int64_t i = begin; i <= end; i += spec.key_step) {
    if (spec.may_be_empty && argv[static_cast<std::size_t>(i)].empty()) continue;
    keys.positions.push_back({static_cast<std::size_t>(i), spec.use});
  }
  return true;
}

}  // namespace

Keys keys_of(const CommandSpec& spec, Arguments argv) {
  Keys keys;
  for (const KeySpec& key_spec : spec.key_specs)
    keys.ok = keys.ok && add_keys(key_spec, argv, keys);
  if (!keys.ok) {
    keys.positions.clear();
  } else if (spec.more_key != nullptr) {
    if (const auto more = spec.more_key(argv))
      keys.positions.push_back({*more, spec.key_specs.back().use});
  }
  return keys;
}

}  // namespace engine
