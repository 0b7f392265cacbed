// Streams: consumer groups and acknowledging.
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/commands/stream_args.h"

namespace engine::commands {
namespace {

constexpr std::string_view kKeyRequired =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically.";

struct CreateOptions {
  bool makes_stream = false;
  std::int64_t entries_read = StreamGroup::kUnknown;
};

std::optional<CreateOptions> create_options(WriteContext& context, bool is_create) {
  CreateOptions options;
  for (std::size_t i = 5; i < context.argc(); ++i) {
    if (is_create && equals_ignoring_case(context.arg(i), "MKSTREAM")) {
      options.makes_stream = true;
    } else if (equals_ignoring_case(context.arg(i), "ENTRIESREAD") && i + 1 < context.argc()) {
      const auto read = integer_argument(context, ++i);
      if (!read) return {};
      if (*read < 0 && *read != StreamGroup::kUnknown)
        return context.error("ERR value for ENTRIESREAD must be positive or -1"), std::nullopt;
      options.entries_read = *read;
    } else {
      context.error("ERR unknown subcommand or wrong number of arguments for '" +
                    errors::shown(context.arg(1)) + "'. Try XGROUP HELP.");
      return {};
    }
  }
  return options;
}

void no_group(WriteContext& context) {
  context.error("NOGROUP No such consumer group '" + errors::shown(context.arg(3)) +
                "' for key name '" + errors::shown(context.arg(2)) + "'");
}

// The stream at argument 2 of an XGROUP that needs it and the group at argument 3; null: an error
// was written.
const Stream* stream_with_group(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(2), Type::kStream);
  if (entry.is_wrong()) return nullptr;
  if (entry == nullptr) return context.error(kKeyRequired), nullptr;
  if (stream_of(*entry).group(context.arg(3)) != nullptr) return &stream_of(*entry);
  no_group(context);
  return nullptr;
}

// "$" is the last id. SETID takes "-" and "+" too.
std::optional<StreamId> group_start(WriteContext& context, const Stream* stream, bool is_strict) {
  if (context.arg(4) == "$") return stream == nullptr ? StreamId{} : stream->last_id();
  return stream_id_argument(context, 4, 0, is_strict);
}

void xgroup_create(WriteContext& context) {
  const auto options = create_options(context, true);
  if (!options) return;
  const std::string_view key = context.arg(2);
  const Found entry = context.find_of_for_write(key, Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr && !options->makes_stream) return context.error(kKeyRequired);
  const auto start = group_start(context, entry == nullptr ? nullptr : &stream_of(*entry), true);
  if (!start) return;
  if (entry == nullptr) context.put(key, StreamOwner().release(), kNoExpiry);
  bool is_new = false;
  context.edit<StreamOwner>(key, [&](StreamOwner& stream) {
    StreamGroup* group = stream->add_group(context.arg(3));
    is_new = group != nullptr;
    if (!is_new) return false;
    group->last_id = *start;
    group->entries_read = options->entries_read;
    return true;
  });
  if (!is_new) return context.error("BUSYGROUP Consumer Group name already exists");
  context.notify('t', "xgroup-create", key);
  context.reply().ok();
}

void xgroup_setid(WriteContext& context) {
  const auto options = create_options(context, false);
  if (!options) return;
  const Stream* stream = stream_with_group(context);
  if (stream == nullptr) return;
  const auto start = group_start(context, stream, false);
  if (!start) return;
  context.edit<StreamOwner>(context.arg(2), [&](StreamOwner& owner) {
    StreamGroup& group = *owner->edit_group(context.arg(3));
    group.last_id = *start;
    group.entries_read = options->entries_read;
    return true;
  });
  context.notify('t', "xgroup-setid", context.arg(2));
  context.reply().ok();
}

void xgroup_destroy(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(2), Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.error(kKeyRequired);
  bool is_gone = false;
  context.edit<StreamOwner>(context.arg(2), [&](StreamOwner& stream) {
    return is_gone = stream->remove_group(context.arg(3));
  });
  if (is_gone) {
    context.note_arrival(context.arg(2));
    context.notify('t', "xgroup-destroy", context.arg(2));
  }
  context.reply().integer(is_gone ? 1 : 0);
}

void xgroup_createconsumer(WriteContext& context) {
  const Stream* stream = stream_with_group(context);
  if (stream == nullptr) return;
  const bool is_new = !stream->group(context.arg(3))->consumers.contains(context.arg(4));
  if (is_new) {
    context.edit<StreamOwner>(context.arg(2), [&](StreamOwner& owner) {
      owner->edit_group(context.arg(3))->consumer(context.arg(4), context.now_ms());
      return true;
    });
    context.notify('t', "xgroup-createconsumer", context.arg(2));
  }
  context.reply().integer(is_new ? 1 : 0);
}

void xgroup_delconsumer(WriteContext& context) {
  const Stream* stream = stream_with_group(context);
  if (stream == nullptr) return;
  std::uint64_t pending = 0;
  if (stream->group(context.arg(3))->consumers.contains(context.arg(4))) {
    context.edit<StreamOwner>(context.arg(2), [&](StreamOwner& owner) {
      pending = owner->edit_group(context.arg(3))->remove_consumer(context.arg(4));
      return true;
    });
    context.notify('t', "xgroup-delconsumer", context.arg(2));
  }
  context.reply().integer(static_cast<std::int64_t>(pending));
}

void xack(WriteContext& context) {
  const Found entry = look_up_of(context, context.arg(1), Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr || stream_of(*entry).group(context.arg(2)) == nullptr)
    return context.reply().integer(0);
  std::vector<StreamId> ids;
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const auto id = stream_id_argument(context, i);
    if (!id) return;
    ids.push_back(*id);
  }
  std::int64_t acknowledged = 0;
  context.edit<StreamOwner>(context.arg(1), [&](StreamOwner& stream) {
    StreamGroup& group = *stream->edit_group(context.arg(2));
    for (const StreamId& id : ids) acknowledged += group.acknowledge(id) ? 1 : 0;
    return false;  // Redis does not count it as a change of the key
  });
  context.reply().integer(acknowledged);
}

void xgroup_help(ReadContext& context) {
  static constexpr std::string_view kLines[] = {
      "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CREATE <key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <count>]",
      "    Make a consumer group that begins behind <id>.",
      "CREATECONSUMER <key> <group> <consumer>",
      "    Make a consumer.",
      "DELCONSUMER <key> <group> <consumer>",
      "    Remove a consumer and forget what it has pending.",
      "DESTROY <key> <group>",
      "    Remove a consumer group.",
      "SETID <key> <group> <id|$> [ENTRIESREAD <count>]",
      "    Let the group go on behind <id>.",
      "HELP",
      "    This text."};
  context.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) context.reply().status(line);
}

constexpr CommandRow kStreamsGroupsRows[] = {
    row("xack", -4, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Marks entries as done by a consumer group.", "5.0.0"}, {.write = xack}),
    row("xgroup", -2, 0, kNoKeys, {"Commands on consumer groups.", "5.0.0"}),
    row("xgroup|create", -5, kFlagWrite | kFlagDenyOom, one_key(kKeyInsert, 2),
        {"Makes a consumer group.", "5.0.0", "O(1)"}, {.write = xgroup_create}),
    row("xgroup|createconsumer", 5, kFlagWrite | kFlagDenyOom, one_key(kKeyInsert, 2),
        {"Makes a consumer.", "6.2.0", "O(1)"}, {.write = xgroup_createconsumer}),
    row("xgroup|delconsumer", 5, kFlagWrite, one_key(kKeyDelete, 2),
        {"Removes a consumer.", "5.0.0", "O(1)"}, {.write = xgroup_delconsumer}),
    row("xgroup|destroy", 4, kFlagWrite, one_key(kKeyDelete, 2),
        {"Removes a consumer group.", "5.0.0"}, {.write = xgroup_destroy}),
    row("xgroup|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.read = xgroup_help}),
    row("xgroup|setid", -5, kFlagWrite, one_key(kKeyUpdate, 2),
        {"Sets where a consumer group goes on.", "5.0.0", "O(1)"}, {.write = xgroup_setid}),
};

}  // namespace

constinit const Family kStreamsGroupsFamily{"stream", kStreamsGroupsRows};

}  // namespace engine::commands
