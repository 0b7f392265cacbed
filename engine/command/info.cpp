#include "engine/command/info.h"

#include <algorithm>

#include "base/glob.h"
#include "engine/command/acl_category.h"
#include "engine/command/arguments.h"
#include "engine/command/key_shape.h"

namespace engine {
namespace {

struct FlagName {
  std::uint32_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {{kFlagWrite, "write"},
                                   {kFlagReadonly, "readonly"},
                                   {kFlagDenyOom, "denyoom"},
                                   {kFlagModule, "module"},
                                   {kFlagAdmin, "admin"},
                                   {kFlagPubsub, "pubsub"},
                                   {kFlagNoScript, "noscript"},
                                   {kFlagBlocking, "blocking"},
                                   {kFlagLoading, "loading"},
                                   {kFlagStale, "stale"},
                                   {kFlagSkipMonitor, "skip_monitor"},
                                   {kFlagSkipSlowlog, "skip_slowlog"},
                                   {kFlagAsking, "asking"},
                                   {kFlagFast, "fast"},
                                   {kFlagNoAuth, "no_auth"},
                                   {kFlagNoAsyncLoading, "no_async_loading"},
                                   {kFlagNoMulti, "no_multi"},
                                   {kFlagMovableKeys, "movablekeys"},
                                   {kFlagNoMandatoryKeys, "no_mandatory_keys"},
                                   {kFlagAllowBusy, "allow_busy"}};

void write_flags(std::uint32_t flags, resp::ReplyWriter& reply) {
  const auto count = std::count_if(std::begin(kFlagNames), std::end(kFlagNames),
                                   [flags](const FlagName& f) { return (flags & f.flag) != 0; });
  reply.set(static_cast<std::size_t>(count));
  for (const FlagName& flag : kFlagNames) {
    if ((flags & flag.flag) != 0) reply.status(flag.name);
  }
}

void write_acl(std::uint64_t categories, resp::ReplyWriter& reply) {
  const auto count =
      std::count_if(std::begin(kAclCategoryNames), std::end(kAclCategoryNames),
                    [categories](const AclCategoryName& c) { return (categories & c.bit) != 0; });
  reply.set(static_cast<std::size_t>(count));
  for (const AclCategoryName& category : kAclCategoryNames) {
    if ((categories & category.bit) != 0) reply.status("@" + std::string(category.name));
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void write_begin_search(const KeySpec& spec, resp::ReplyWriter& reply) {
  reply.map(2);
  reply.bulk("type");
  switch (spec.begin) {
    case KeySpec::Begin::kUnknown:
      reply.bulk("unknown");
      reply.bulk("spec");
      reply.map(0);
      break;
    case KeySpec::Begin::kIndex:
      reply.bulk("index");
      reply.bulk("spec");
      reply.map(1);
      reply.bulk("index");
      reply.integer(spec.index);
      break;
    case KeySpec::Begin::kKeyword:
      reply.bulk("keyword");
      reply.bulk("spec");
      reply.map(2);
      reply.bulk("keyword");
      reply.bulk(spec.keyword);
      reply.bulk("startfrom");
      reply.integer(spec.start_from);
      break;
  }
}

void write_find_keys(const KeySpec& spec, resp::ReplyWriter& reply) {
  const auto field = [&reply](std::string_view name, int value) {
    reply.bulk(name);
    reply.integer(value);
  };
  reply.map(2);
  reply.bulk("type");
  if (spec.find == KeySpec::Find::kUnknown) {
    reply.bulk("unknown");
    reply.bulk("spec");
    return reply.map(0);
  }
  const bool is_range = spec.find == KeySpec::Find::kRange;
  reply.bulk(is_range ? "range" : "keynum");
  reply.bulk("spec");
  reply.map(3);
  is_range ? field("lastkey", spec.last_key) : field("keynumidx", spec.keynum_index);
  is_range ? field("keystep", spec.key_step) : field("firstkey", spec.first_key);
  is_range ? field("limit", spec.limit) : field("keystep", spec.key_step);
}

void write_key_spec(const KeySpec& spec, resp::ReplyWriter& reply) {
  reply.map(spec.notes.empty() ? 3 : 4);
  if (!spec.notes.empty()) {
    reply.bulk("notes");
    reply.bulk(spec.notes);
  }
  reply.bulk("flags");
  const auto flags = words_of(spec.use);
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.status(flag);
  reply.bulk("begin_search");
  write_begin_search(spec, reply);
  reply.bulk("find_keys");
  write_find_keys(spec, reply);
}

void write_docs(const CommandSpec& spec, resp::ReplyWriter& reply) {
  const auto field = [&reply](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  const bool has_complexity = !spec.complexity.empty();
  reply.map(3U + (has_complexity ? 1 : 0) + (spec.subcommands.empty() ? 0 : 1));
  field("summary", spec.summary);
  field("since", spec.since);
  field("group", spec.group);
  if (has_complexity) field("complexity", spec.complexity);
  if (spec.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(spec.subcommands.size());
  for (const CommandSpec& sub : spec.subcommands) {
    reply.bulk(sub.name);
    write_docs(sub, reply);
  }
}

// "config|get" finds the subcommand.
const CommandSpec* find_by_full_name(const CommandTable& commands, std::string_view name) {
  const std::size_t bar = name.find('|');
  const CommandSpec* spec = commands.find(name.substr(0, bar));
  if (spec == nullptr || bar == std::string_view::npos) return spec;
  for (const CommandSpec& sub : spec->subcommands) {
    if (equals_ignoring_case(sub.name, name)) return &sub;
  }
  return nullptr;
}

void add_matching(std::span<const CommandSpec> specs, const auto& matches,
                  std::vector<std::string_view>& names) {
  for (const CommandSpec& spec : specs) {
    if (matches(spec)) names.push_back(spec.name);
    add_matching(spec.subcommands, matches, names);
  }
}

void write_names(const CommandTable& commands, const auto& matches, resp::ReplyWriter& reply) {
  std::vector<std::string_view> names;
  add_matching(commands.all(), matches, names);
  reply.array(names.size());
  for (const std::string_view name : names) reply.bulk(name);
}

}  // namespace

void write_command_info(const CommandSpec* spec, resp::ReplyWriter& reply) {
  if (spec == nullptr) return reply.null();
  reply.array(10);
  reply.bulk(spec->name);
  reply.integer(spec->arity);
  write_flags(spec->flags, reply);
  reply.integer(spec->first_key);
  reply.integer(spec->last_key);
  reply.integer(spec->key_step);
  write_acl(spec->acl_categories, reply);
  const auto tips = words_of(spec->tips);
  reply.set(tips.size());
  for (const std::string_view tip : tips) reply.bulk(tip);
  reply.set(spec->key_specs.size());
  for (const KeySpec& key_spec : spec->key_specs) write_key_spec(key_spec, reply);
  // Redis 7.0 answers an empty set where there is none.
  if (spec->subcommands.empty()) return reply.set(0);
  reply.array(spec->subcommands.size());
  for (const CommandSpec& sub : spec->subcommands) write_command_info(&sub, reply);
}

void write_all_commands(const CommandTable& commands, resp::ReplyWriter& reply) {
  reply.array(commands.all().size());
  for (const CommandSpec& spec : commands.all()) write_command_info(&spec, reply);
}

void write_command_infos(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply) {
  if (argv.size() == 2) return write_all_commands(commands, reply);
  reply.array(argv.size() - 2);
  for (std::size_t i = 2; i < argv.size(); ++i)
    write_command_info(find_by_full_name(commands, argv[i]), reply);
}

void write_command_docs(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply) {
  std::vector<const CommandSpec*> specs;
  if (argv.size() == 2) {
    for (const CommandSpec& spec : commands.all()) specs.push_back(&spec);
  }
  for (std::size_t i = 2; i < argv.size(); ++i) {
    if (const CommandSpec* spec = find_by_full_name(commands, argv[i])) specs.push_back(spec);
  }
  reply.map(specs.size());
  for (const CommandSpec* spec : specs) {
    reply.bulk(spec->name);
    write_docs(*spec, reply);
  }
}

void write_command_list(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply) {
  if (argv.size() == 2)
    return write_names(
        commands, [](const CommandSpec&) { return true; }, reply);
  if (argv.size() != 5 || !equals_ignoring_case(argv[2], "FILTERBY"))
    return reply.error(errors::kSyntax);
  const std::string_view value = argv[4];
  if (equals_ignoring_case(argv[3], "PATTERN")) {
    return write_names(
        commands,
        [value](const CommandSpec& spec) { return base::glob_match(value, spec.name, true); },
        reply);
  }
  if (equals_ignoring_case(argv[3], "MODULE")) return reply.array(0);
  if (!equals_ignoring_case(argv[3], "ACLCAT")) return reply.error(errors::kSyntax);
  const auto category = std::find_if(
      std::begin(kAclCategoryNames), std::end(kAclCategoryNames),
      [value](const AclCategoryName& c) { return equals_ignoring_case(c.name, value); });
  if (category == std::end(kAclCategoryNames)) return reply.array(0);
  write_names(
      commands,
      [bit = category->bit](const CommandSpec& spec) { return (spec.acl_categories & bit) != 0; },
      reply);
}

void write_command_keys(const CommandTable& commands, Arguments argv, bool with_flags,
                        resp::ReplyWriter& reply) {
  const Arguments call = argv.subspan(2);
  const Resolved resolved = commands.resolve(call);
  if (resolved.spec == nullptr) return reply.error("ERR Invalid command specified");
  if (resolved.spec->key_specs.empty()) return reply.error("ERR The command has no key arguments");
  if (!resolved.error.empty())
    return reply.error("ERR Invalid number of arguments specified for command");
  const Keys keys = keys_of(*resolved.spec, call);
  const bool may_have_none = (resolved.spec->flags & kFlagNoMandatoryKeys) != 0;
  if (keys.positions.empty() && !may_have_none)
    return reply.error("ERR Invalid arguments specified for command");
  reply.array(keys.positions.size());
  for (const KeyPosition& key : keys.positions) {
    if (!with_flags) {
      reply.bulk(call[key.index]);
      continue;
    }
    const bool varies = key.use == kKeyVaries;
    const auto flags = words_of(varies ? resolved.spec->key_use(call) : key.use);
    reply.array(2);
    reply.bulk(call[key.index]);
    reply.set(flags.size());
    for (const std::string_view flag : flags) reply.status(flag);
  }
}

}  // namespace engine
