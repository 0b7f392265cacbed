// Streams: what is pending, and XINFO.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "base/number.h"
#include "base/saturate.h"
#include "engine/commands/families.h"
#include "engine/commands/stream_args.h"

namespace engine::commands {
namespace {

using resp::ReplyWriter;

std::int64_t idle_ms(const ReadContext& context, std::int64_t since_ms) {
  return std::max<std::int64_t>(0, base::saturated_difference(context.now_ms(), since_ms));
}

void write_summary(ReadContext& context, const StreamGroup& group) {
  ReplyWriter& reply = context.reply();
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    reply.null();
    reply.null();
    return reply.null_array();
  }
  reply.bulk(group.pending().begin()->first.text());
  reply.bulk(group.pending().rbegin()->first.text());
  const auto place = reply.defer_array();
  std::size_t count = 0;
  for (const auto& [name, consumer] : group.consumers) {
    if (consumer.pending.empty()) continue;
    reply.array(2);
    reply.bulk(name);
    reply.bulk(std::to_string(consumer.pending.size()));
    ++count;
  }
  reply.finish_array(place, count);
}

struct PendingQuery {
  std::int64_t min_idle_ms = 0, count = 0;
  StreamId first, last;
  std::optional<std::string_view> consumer;
};

std::optional<PendingQuery> pending_query(ReadContext& context) {
  PendingQuery query;
  std::size_t start = 3;
  if (equals_ignoring_case(context.arg(3), "IDLE")) {
    const auto idle = integer_argument(context, 4);
    if (!idle) return {};
    if (context.argc() < 8) return context.error(errors::kSyntax), std::nullopt;
    query.min_idle_ms = *idle;
    start = 5;
  }
  const auto count = integer_argument(context, start + 2);
  if (!count) return {};
  query.count = std::max<std::int64_t>(*count, 0);
  const auto first = interval_argument(context, start, true);
  if (!first) return {};
  const auto last = interval_argument(context, start + 1, false);
  if (!last) return {};
  query.first = *first;
  query.last = *last;
  if (start + 3 < context.argc()) query.consumer = context.arg(start + 3);
  return query;
}

void write_pending(ReadContext& context, const StreamGroup& group, const PendingQuery& query) {
  ReplyWriter& reply = context.reply();
  const auto place = reply.defer_array();
  std::size_t count = 0;
  const auto write_one = [&](const StreamId& id, const StreamPending& pending) {
    const std::int64_t idle = base::saturated_difference(context.now_ms(), pending.delivered_ms);
    if (query.min_idle_ms != 0 && idle < query.min_idle_ms) return;
    reply.array(4);
    reply.bulk(id.text());
    reply.bulk(pending.consumer->name);
    reply.integer(idle_ms(context, pending.delivered_ms));
    reply.integer(static_cast<std::int64_t>(pending.deliveries));
    ++count;
  };
  const auto is_full = [&] { return static_cast<std::int64_t>(count) >= query.count; };
  if (query.consumer) {
    const auto consumer = group.consumers.find(*query.consumer);
    if (consumer != group.consumers.end()) {
      const auto& ids = consumer->second.pending;
      for (auto at = ids.lower_bound(query.first); at != ids.end() && *at <= query.last; ++at) {
        if (is_full()) break;
        write_one(*at, group.pending().find(*at)->second);
      }
    }
  } else {
    for (auto at = group.pending().lower_bound(query.first);
         at != group.pending().end() && at->first <= query.last && !is_full(); ++at)
      write_one(at->first, at->second);
  }
  reply.finish_array(place, count);
}

void write_entries_read(ReplyWriter& reply, const StreamGroup& group) {
  const bool is_known = group.entries_read != StreamGroup::kUnknown;
  is_known ? reply.integer(group.entries_read) : reply.null();
}

// How many entries the group has still to read, as far as it can be told.
std::optional<std::int64_t> lag_of(const Stream& stream, const StreamGroup& group) {
  const auto added = static_cast<std::int64_t>(stream.entries_added());
  if (added == 0) return 0;
  if (group.entries_read != StreamGroup::kUnknown && !stream.has_tombstones_from(group.last_id))
    return base::saturated_difference(added, group.entries_read);
  const std::int64_t read = stream.entries_up_to(group.last_id);
  return read == StreamGroup::kUnknown ? std::nullopt
                                       : std::optional(base::saturated_difference(added, read));
}

void write_lag(ReplyWriter& reply, const Stream& stream, const StreamGroup& group) {
  const auto lag = lag_of(stream, group);
  lag ? reply.integer(*lag) : reply.null();
}

void write_common(ReplyWriter& reply, const Stream& stream) {
  reply.bulk("length");
  reply.integer(static_cast<std::int64_t>(stream.count()));
  reply.bulk("radix-tree-keys");
  reply.integer(static_cast<std::int64_t>(stream.node_count()));
  reply.bulk("radix-tree-nodes");
  reply.integer(static_cast<std::int64_t>(stream.node_count()) + 1);
  reply.bulk("last-generated-id");
  reply.bulk(stream.last_id().text());
  reply.bulk("max-deleted-entry-id");
  reply.bulk(stream.max_deleted_id().text());
  reply.bulk("entries-added");
  reply.integer(static_cast<std::int64_t>(stream.entries_added()));
  reply.bulk("recorded-first-entry-id");
  reply.bulk(stream.first_id().text());
}

void write_edge(ReplyWriter& reply, const Stream& stream, bool is_first) {
  bool is_there = false;
  stream.visit({}, StreamId::highest(), !is_first, [&](const StreamEntry& entry) {
    write_stream_entry(reply, entry);
    is_there = true;
    return false;
  });
  if (!is_there) reply.null();
}

void write_full_pending(ReplyWriter& reply, const StreamGroup& group, std::int64_t count) {
  const auto place = reply.defer_array();
  std::int64_t written = 0;
  for (const auto& [id, pending] : group.pending()) {
    if (count != 0 && written == count) break;
    reply.array(4);
    reply.bulk(id.text());
    reply.bulk(pending.consumer->name);
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<std::int64_t>(pending.deliveries));
    ++written;
  }
  reply.finish_array(place, static_cast<std::size_t>(written));
}

void write_full_consumer(ReplyWriter& reply, const StreamGroup& group, std::string_view name,
                         const StreamConsumer& consumer, std::int64_t count) {
  reply.map(4);
  reply.bulk("name");
  reply.bulk(name);
  reply.bulk("seen-time");
  reply.integer(consumer.seen_ms);
  reply.bulk("pel-count");
  reply.integer(static_cast<std::int64_t>(consumer.pending.size()));
  reply.bulk("pending");
  const auto place = reply.defer_array();
  std::int64_t written = 0;
  for (const StreamId& id : consumer.pending) {
    if (count != 0 && written == count) break;
    const StreamPending& pending = group.pending().find(id)->second;
    reply.array(3);
    reply.bulk(id.text());
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<std::int64_t>(pending.deliveries));
    ++written;
  }
  reply.finish_array(place, static_cast<std::size_t>(written));
}

void write_full(ReadContext& context, const Stream& stream, std::int64_t count) {
  ReplyWriter& reply = context.reply();
  reply.map(9);
  write_common(reply, stream);
  reply.bulk("entries");
  const auto place = reply.defer_array();
  std::int64_t written = 0;
  stream.visit({}, StreamId::highest(), false, [&](const StreamEntry& entry) {
    write_stream_entry(reply, entry);
    return ++written != count && !reply.is_over();
  });
  reply.finish_array(place, static_cast<std::size_t>(written));
  reply.bulk("groups");
  reply.array(stream.group_slots().size());
  for (const auto& [name, slot] : stream.group_slots()) {
    const StreamGroup& group = *stream.group(name);
    reply.map(7);
    reply.bulk("name");
    reply.bulk(name);
    reply.bulk("last-delivered-id");
    reply.bulk(group.last_id.text());
    reply.bulk("entries-read");
    write_entries_read(reply, group);
    reply.bulk("lag");
    write_lag(reply, stream, group);
    reply.bulk("pel-count");
    reply.integer(static_cast<std::int64_t>(group.pending().size()));
    reply.bulk("pending");
    write_full_pending(reply, group, count);
    reply.bulk("consumers");
    reply.array(group.consumers.size());
    for (const auto& [consumer_name, consumer] : group.consumers)
      write_full_consumer(reply, group, consumer_name, consumer, count);
  }
}

// The stream at argument 2 of XINFO; null: an error was written.
const Stream* info_stream(ReadContext& context) {
  const Found entry = context.find_of(context.arg(2), Type::kStream);
  if (entry.is_wrong()) return nullptr;
  if (entry == nullptr) return context.error(errors::kNoSuchKey), nullptr;
  return &stream_of(*entry);
}

void xpending(ReadContext& context) {
  if (context.argc() != 3 && (context.argc() < 6 || context.argc() > 9))
    return context.error(errors::kSyntax);
  std::optional<PendingQuery> query;
  if (context.argc() > 3) {
    query = pending_query(context);
    if (!query) return;
  }
  const Found entry = context.find_of(context.arg(1), Type::kStream);
  if (entry.is_wrong()) return;
  const StreamGroup* group = entry == nullptr ? nullptr : stream_of(*entry).group(context.arg(2));
  if (group == nullptr) {
    return context.error("NOGROUP No such key '" + errors::shown(context.arg(1)) +
                         "' or consumer group '" + errors::shown(context.arg(2)) + "'");
  }
  query ? write_pending(context, *group, *query) : write_summary(context, *group);
}

void bad_stream_options(ReadContext& context) {
  context.error("ERR unknown subcommand or wrong number of arguments for '" +
                errors::shown(context.arg(1)) + "'. Try XINFO HELP.");
}

void xinfo_stream(ReadContext& context) {
  std::int64_t count = 10;
  const bool is_full = context.argc() > 3;
  const Stream* stream = info_stream(context);
  if (stream == nullptr) return;
  if (is_full) {
    if (!equals_ignoring_case(context.arg(3), "FULL") ||
        (context.argc() != 4 && context.argc() != 6))
      return bad_stream_options(context);
    if (context.argc() == 6) {
      if (!equals_ignoring_case(context.arg(4), "COUNT")) return bad_stream_options(context);
      const auto given = integer_argument(context, 5);
      if (!given) return;
      count = *given < 0 ? 10 : *given;
    }
    return write_full(context, *stream, count);
  }
  ReplyWriter& reply = context.reply();
  reply.map(10);
  write_common(reply, *stream);
  reply.bulk("groups");
  reply.integer(static_cast<std::int64_t>(stream->group_slots().size()));
  reply.bulk("first-entry");
  write_edge(reply, *stream, true);
  reply.bulk("last-entry");
  write_edge(reply, *stream, false);
}

void xinfo_groups(ReadContext& context) {
  const Stream* stream = info_stream(context);
  if (stream == nullptr) return;
  ReplyWriter& reply = context.reply();
  reply.array(stream->group_slots().size());
  for (const auto& [name, slot] : stream->group_slots()) {
    const StreamGroup& group = *stream->group(name);
    reply.map(6);
    reply.bulk("name");
    reply.bulk(name);
    reply.bulk("consumers");
    reply.integer(static_cast<std::int64_t>(group.consumers.size()));
    reply.bulk("pending");
    reply.integer(static_cast<std::int64_t>(group.pending().size()));
    reply.bulk("last-delivered-id");
    reply.bulk(group.last_id.text());
    reply.bulk("entries-read");
    write_entries_read(reply, group);
    reply.bulk("lag");
    write_lag(reply, *stream, group);
  }
}

void xinfo_consumers(ReadContext& context) {
  const Stream* stream = info_stream(context);
  if (stream == nullptr) return;
  const StreamGroup* group = stream->group(context.arg(3));
  if (group == nullptr) {
    return context.error("NOGROUP No such consumer group '" + errors::shown(context.arg(3)) +
                         "' for key name '" + errors::shown(context.arg(2)) + "'");
  }
  ReplyWriter& reply = context.reply();
  reply.array(group->consumers.size());
  for (const auto& [name, consumer] : group->consumers) {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(name);
    reply.bulk("pending");
    reply.integer(static_cast<std::int64_t>(consumer.pending.size()));
    reply.bulk("idle");
    reply.integer(idle_ms(context, consumer.seen_ms));
  }
}

void xinfo_help(ReadContext& context) {
  static constexpr std::string_view kLines[] = {
      "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "CONSUMERS <key> <group>",
      "    The consumers of a group.",
      "GROUPS <key>",
      "    The groups of a stream.",
      "STREAM <key> [FULL [COUNT <count>]]",
      "    A stream as a whole; FULL with entries, groups and what is pending.",
      "HELP",
      "    This text."};
  context.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) context.reply().status(line);
}

constexpr CommandRow kStreamsInfoRows[] = {
    row("xinfo", -2, 0, kNoKeys, {"Commands that describe streams.", "5.0.0"}),
    row("xinfo|consumers", 4, kFlagReadonly, one_key(kKeyRead, 2),
        {"Describes the consumers of a group.", "5.0.0", "O(1)"}, {.read = xinfo_consumers},
        {.tips = "nondeterministic_output"}),
    row("xinfo|groups", 3, kFlagReadonly, one_key(kKeyRead, 2),
        {"Describes the groups of a stream.", "5.0.0", "O(1)"}, {.read = xinfo_groups}),
    row("xinfo|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.read = xinfo_help}),
    row("xinfo|stream", -3, kFlagReadonly, one_key(kKeyRead, 2),
        {"Describes a stream.", "5.0.0", "O(1)"}, {.read = xinfo_stream}),
    row("xpending", -3, kFlagReadonly, one_key(kKeyRead),
        {"Tells what a consumer group has not yet acknowledged.", "5.0.0"}, {.read = xpending},
        {.tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kStreamsInfoFamily{"stream", kStreamsInfoRows};

}  // namespace engine::commands
