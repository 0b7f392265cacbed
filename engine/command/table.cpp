#include "engine/command/table.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "engine/command/arguments.h"

namespace engine {
namespace {

constexpr std::size_t kShownNameBytes =
    128;  // of an unknown command's name, and of its arguments together
constexpr std::size_t kNameBytesMax = 32;

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t hash(std::string_view name) {
  std::uint64_t value = 0xCBF29CE484222325ULL;
  for (const char c : name)
    value = (value ^ static_cast<unsigned char>(fold(c))) * 0x100000001B3ULL;
  return static_cast<std::size_t>(value ^ (value >> 32));
}

// Of a subcommand: the name of its container; of any other: its own.
std::string_view container_of(const CommandSpec& spec) {
  return spec.name.substr(0, spec.name.find('|'));
}
bool is_subcommand(const CommandSpec& spec) { return container_of(spec).size() < spec.name.size(); }

Scope scope_of(const CommandFunctions& run) {
  CHECK(run.local == nullptr || (run.read == nullptr && run.write == nullptr));
  CHECK((run.wants_write != nullptr) == (run.read != nullptr && run.write != nullptr));
  if (run.read != nullptr) return Scope::kRead;
  return run.write != nullptr ? Scope::kWrite : Scope::kLocal;
}

// What each group adds to the categories of its commands (Redis 7.0); the others add nothing.
std::uint64_t category_of(std::string_view group) {
  struct GroupCategory {
    std::string_view group;
    AclCategory category;
  };
  constexpr GroupCategory kCategories[] = {{"bitmap", kAclBitmap},
                                           {"connection", kAclConnection},
                                           {"generic", kAclKeyspace},
                                           {"geo", kAclGeo},
                                           {"hash", kAclHash},
                                           {"hyperloglog", kAclHyperloglog},
                                           {"list", kAclList},
                                           {"scripting", kAclScripting},
                                           {"set", kAclSet},
                                           {"sorted-set", kAclSortedset},
                                           {"stream", kAclStream},
                                           {"string", kAclString},
                                           {"transactions", kAclTransaction}};
  const auto found = std::find_if(std::begin(kCategories), std::end(kCategories),
                                  [group](const auto& each) { return each.group == group; });
  if (found == std::end(kCategories)) return 0;
  return found->category;
}

// `own`, those of the group or the row, and what the flags say (Redis 7.0): nobody is both fast and
// slow, and a script that only reads is no read.
std::uint64_t categories_by(std::uint32_t flags, std::uint64_t own) {
  std::uint64_t categories = own;
  categories |= (flags & kFlagFast) != 0 ? kAclFast : kAclSlow;
  if ((flags & kFlagWrite) != 0) categories |= kAclWrite;
  if ((flags & kFlagReadonly) != 0 && (own & kAclScripting) == 0) categories |= kAclRead;
  if ((flags & kFlagAdmin) != 0) categories |= kAclAdmin | kAclDangerous;
  if ((flags & kFlagPubsub) != 0) categories |= kAclPubsub;
  if ((flags & kFlagBlocking) != 0) categories |= kAclBlocking;
  return categories;
}

// A command whose use of a key varies says how, and no other.
bool is_use_known(const CommandRow& row) {
  const auto specs = row.keys.used();
  const bool varies = std::any_of(specs.begin(), specs.end(),
                                  [](const KeySpec& spec) { return spec.use == kKeyVaries; });
  return varies == (row.extras.key_use != nullptr);
}

CommandSpec spec_of(const CommandRow& row, const Family& family) {
  CHECK(is_use_known(row));
  const CommandExtras& extras = row.extras;
  const std::string_view group = extras.group.empty() ? family.group : extras.group;
  std::uint32_t traits = extras.traits | family.traits;
  if ((row.flags & kFlagLoading) != 0) traits |= kTraitAnyState;
  return {
      .name = row.name,
      .arity = row.arity,
      .flags = row.flags,
      .traits = traits,
      .scope = scope_of(row.run),
      .special = extras.special,
      .waits_at = extras.waits_at,
      .write = row.run.write,
      .read = row.run.read,
      .local = row.run.local,
      .wants_write = row.run.wants_write,
      .first_key = row.keys.first_key,
      .last_key = row.keys.last_key,
      .key_step = row.keys.key_step,
      .key_specs = row.keys.used(),
      .key_use = extras.key_use,
      .more_key = extras.more_key,
      .hide_secrets = extras.hide_secrets,
      .channels = extras.channels,
      .acl_categories = categories_by(row.flags, extras.acl != 0 ? extras.acl : category_of(group)),
      .group = group,
      .summary = row.docs.summary,
      .since = row.docs.since,
      .complexity = row.docs.complexity,
      .tips = extras.tips};
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

}  // namespace

CommandTable::CommandTable(std::initializer_list<Families> families) {
  for (const Families& list : families) {
    for (const Family* family : list) {
      for (const CommandRow& row : family->rows) specs_.push_back(spec_of(row, *family));
    }
  }
  std::sort(specs_.begin(), specs_.end(), [](const CommandSpec& a, const CommandSpec& b) {
    return std::tuple(is_subcommand(a), container_of(a), a.name) <
           std::tuple(is_subcommand(b), container_of(b), b.name);
  });
  const auto twice = std::adjacent_find(
      specs_.begin(), specs_.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  CHECK(twice == specs_.end());
  add_containers();
  add_slots();
}

// Both parts are in order of their names, so that the subcommands of one container lie together.
void CommandTable::add_containers() {
  const auto subs = std::find_if(specs_.begin(), specs_.end(), is_subcommand);
  top_count_ = static_cast<std::size_t>(subs - specs_.begin());
  auto sub = subs;
  for (auto spec = specs_.begin(); spec != subs; ++spec) {
    const auto first = sub;
    while (sub != specs_.end() && container_of(*sub) == spec->name) ++sub;
    if (first == sub) continue;
    spec->subcommands = {first, sub};
    // A container is in the category of its group only as far as its row says so.
    if (spec->local == nullptr) spec->acl_categories = categories_by(spec->flags, 0);
  }
  CHECK(sub == specs_.end());  // each has its container
}

void CommandTable::add_slots() {
  std::size_t size = 64;
  while (size < 4 * top_count_) size *= 2;
  slots_.assign(size, nullptr);
  for (const CommandSpec& spec : all()) {
    CHECK(spec.name.size() <= kNameBytesMax);
    std::size_t slot = hash(spec.name) & (size - 1);
    while (slots_[slot] != nullptr) slot = (slot + 1) & (size - 1);
    slots_[slot] = &spec;
  }
}

const CommandSpec* CommandTable::find(std::string_view name) const {
  if (name.size() > kNameBytesMax) return nullptr;
  std::size_t slot = hash(name) & (slots_.size() - 1);
  for (; slots_[slot] != nullptr; slot = (slot + 1) & (slots_.size() - 1)) {
    if (equals_ignoring_case(slots_[slot]->name, name)) return slots_[slot];
  }
  return nullptr;
}

Resolved CommandTable::resolve(Arguments argv) const {
  const CommandSpec* spec = find(argv[0]);
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

}  // namespace engine
