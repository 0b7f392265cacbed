// Streams: entries, added, removed, trimmed, listed.

#include <optional>
#include <string>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/stream_args.h"

namespace engine::commands {
namespace {

constexpr std::string_view kNotAboveTop =
    "ERR The ID specified in XADD is equal or smaller than the target stream top item";

// The id of the next entry; nullopt: an error was written.
std::optional<StreamId> next_id(WriteContext& context, const StreamId& last,
                                const std::optional<ParsedId>& given) {
  if (last == StreamId::highest()) {
    context.error("ERR The stream has exhausted the last possible ID, unable to add more items");
    return {};
  }
  if (!given) {
    const auto now = static_cast<std::uint64_t>(context.now_ms());
    return now > last.ms ? StreamId{now, 0} : last.next();
  }
  StreamId id = given->id;
  if (!given->has_seq && id.ms == last.ms) {
    if (last.seq == UINT64_MAX) return context.error(kNotAboveTop), std::nullopt;
    id.seq = last.seq + 1;
  }
  if (id <= last) return context.error(kNotAboveTop), std::nullopt;
  return id;
}

StreamNodeLimits node_limits(const WriteContext& context) {
  const Settings& settings = context.state().settings;
  return {settings.stream_node_max_bytes(), settings.stream_node_max_entries()};
}

void write_range(ReadContext& context, std::size_t start, std::size_t end, bool is_backwards) {
  const auto first = interval_argument(context, start, true);
  if (!first) return;
  const auto last = interval_argument(context, end, false);
  if (!last) return;
  std::int64_t count = -1;
  for (std::size_t i = 4; i < context.argc(); i += 2) {
    if (!equals_ignoring_case(context.arg(i), "COUNT") || i + 1 >= context.argc())
      return context.error(errors::kSyntax);
    const auto given = integer_argument(context, i + 1);
    if (!given) return;
    count = std::max<std::int64_t>(*given, 0);
  }
  const Found entry = context.find_of(context.arg(1), Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().array(0);
  if (count == 0) return context.reply().null_array();
  const auto place = context.reply().defer_array();
  std::size_t written = 0;
  stream_of(*entry).visit(*first, *last, is_backwards, [&](const StreamEntry& one) {
    write_stream_entry(context.reply(), one);
    return static_cast<std::int64_t>(++written) != count && !context.reply().is_over();
  });
  context.reply().finish_array(place, written);
}

std::optional<std::vector<StreamId>> ids_from(ReadContext& context, std::size_t first) {
  std::vector<StreamId> ids;
  for (std::size_t i = first; i < context.argc(); ++i) {
    const auto id = stream_id_argument(context, i);
    if (!id) return {};
    ids.push_back(*id);
  }
  return ids;
}

struct SetIdArguments {
  StreamId id;
  std::optional<std::uint64_t> entries_added;
  std::optional<StreamId> max_deleted;
};

std::optional<SetIdArguments> set_id_arguments(ReadContext& context) {
  SetIdArguments arguments;
  const auto id = stream_id_argument(context, 2);
  if (!id) return {};
  arguments.id = *id;
  for (std::size_t i = 3; i < context.argc(); i += 2) {
    const bool has_more = i + 1 < context.argc();
    if (has_more && equals_ignoring_case(context.arg(i), "ENTRIESADDED")) {
      const auto added = integer_argument(context, i + 1);
      if (!added) return {};
      if (*added < 0) return context.error("ERR entries_added must be positive"), std::nullopt;
      arguments.entries_added = static_cast<std::uint64_t>(*added);
    } else if (has_more && equals_ignoring_case(context.arg(i), "MAXDELETEDID")) {
      arguments.max_deleted = stream_id_argument(context, i + 1);
      if (!arguments.max_deleted) return {};
      if (arguments.id < *arguments.max_deleted) {
        context.error(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        return {};
      }
    } else {
      return context.error(errors::kSyntax), std::nullopt;
    }
  }
  return arguments;
}

std::string_view set_id_conflict(const Stream& stream, const SetIdArguments& arguments) {
  if (stream.count() == 0) return {};
  if (arguments.id < stream.edge(false).value_or(StreamId{}))
    return "ERR The ID specified in XSETID is smaller than the target stream top item";
  if (arguments.entries_added && stream.count() > *arguments.entries_added)
    return "ERR The entries_added specified in XSETID is smaller than the target stream length";
  return {};
}

void xadd(WriteContext& context) {
  const auto arguments = stream_add_arguments(context, true);
  if (!arguments) return;
  const std::size_t words = context.argc() - std::min(context.argc(), arguments->next);
  if (words < 2 || words % 2 != 0)
    return context.error("ERR wrong number of arguments for 'xadd' command");
  if (arguments->id && arguments->id->has_seq && arguments->id->id.is_zero())
    return context.error("ERR The ID specified in XADD must be greater than 0-0");
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr && arguments->no_mkstream) return context.reply().null();
  const auto id =
      next_id(context, entry == nullptr ? StreamId{} : stream_of(*entry).last_id(), arguments->id);
  if (!id) return;
  std::uint64_t trimmed = 0;
  const auto add = [&](StreamOwner& stream) {
    stream->add(*id, context.argv().subspan(arguments->next), node_limits(context));
    trimmed = stream->trim(arguments->trim);
    return true;
  };
  if (entry != nullptr) {
    context.edit<StreamOwner>(key, add);
    context.note_arrival(key);
  } else {
    StreamOwner stream;
    add(stream);
    context.put(key, std::move(stream).release(), kNoExpiry);
  }
  context.notify('t', "xadd", key);
  if (trimmed > 0) context.notify('t', "xtrim", key);
  context.reply().bulk(id->text());
}

void xdel(WriteContext& context) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  const auto ids = ids_from(context, 2);
  if (!ids) return;
  std::int64_t removed = 0;
  context.edit<StreamOwner>(key, [&](StreamOwner& stream) {
    bool is_first_gone = false;
    for (const StreamId& id : *ids) {
      if (!stream->remove(id)) continue;
      is_first_gone = is_first_gone || id == stream->first_id();
      stream->note_removed(id);
      ++removed;
    }
    if (is_first_gone) stream->refresh_first_id();
    return removed > 0;
  });
  if (removed > 0) context.notify('t', "xdel", key);
  context.reply().integer(removed);
}

void xtrim(WriteContext& context) {
  const auto arguments = stream_add_arguments(context, false);
  if (!arguments) return;
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  std::uint64_t removed = 0;
  context.edit<StreamOwner>(key, [&](StreamOwner& stream) {
    removed = stream->trim(arguments->trim);
    return removed > 0;
  });
  if (removed > 0) context.notify('t', "xtrim", key);
  context.reply().integer(static_cast<std::int64_t>(removed));
}

void xsetid(WriteContext& context) {
  const auto arguments = set_id_arguments(context);
  if (!arguments) return;
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kStream);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.error(errors::kNoSuchKey);
  if (const auto text = set_id_conflict(stream_of(*entry), *arguments); !text.empty())
    return context.error(text);
  context.edit<StreamOwner>(key, [&](StreamOwner& stream) {
    stream->set_last_id(arguments->id);
    if (arguments->entries_added) stream->set_entries_added(*arguments->entries_added);
    if (arguments->max_deleted && !arguments->max_deleted->is_zero())
      stream->set_max_deleted_id(*arguments->max_deleted);
    return true;
  });
  context.notify('t', "xsetid", key);
  context.reply().ok();
}

void xlen(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kStream);
  if (entry.is_wrong()) return;
  const std::uint64_t count = entry == nullptr ? 0 : stream_of(*entry).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void xrange(ReadContext& context) { write_range(context, 2, 3, false); }
void xrevrange(ReadContext& context) { write_range(context, 3, 2, true); }

constexpr CommandRow kStreamsRows[] = {
    row("xadd", -5, kFlagWrite | kFlagDenyOom | kFlagFast,
        one_key(kKeyUpdate)
            .noted("UPDATE instead of INSERT because of the optional trimming feature"),
        {"Adds an entry to a stream.", "5.0.0"}, {.write = xadd},
        {.tips = "nondeterministic_output"}),
    row("xdel", -3, kFlagWrite | kFlagFast, one_key(kKeyDelete),
        {"Removes entries of a stream.", "5.0.0"}, {.write = xdel}),
    row("xlen", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Counts the entries of a stream.", "5.0.0", "O(1)"}, {.read = xlen}),
    row("xrange", -4, kFlagReadonly, one_key(kKeyRead), {"Reads a range of entries.", "5.0.0"},
        {.read = xrange}),
    row("xrevrange", -4, kFlagReadonly, one_key(kKeyRead),
        {"Reads a range of entries, from the last.", "5.0.0"}, {.read = xrevrange}),
    row("xsetid", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Sets the last id of a stream.", "5.0.0", "O(1)"}, {.write = xsetid}),
    row("xtrim", -4, kFlagWrite, one_key(kKeyDelete),
        {"Removes the oldest entries of a stream.", "5.0.0"}, {.write = xtrim},
        {.tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kStreamsFamily{"stream", kStreamsRows};

}  // namespace engine::commands
