// Streams: XREAD and XREADGROUP, as far as there is something to give.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/saturate.h"
#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/commands/stream_args.h"

namespace engine::commands {
namespace {

// What an entry that was removed counts in a reply, at most: its id and a null.
constexpr std::uint64_t kGoneEntryBytes = 2 * resp::ReplyWriter::kScalarBytes + 41;

struct ReadArguments {
  struct Source {
    std::size_t key = 0, id_word = 0;  // arguments
    StreamId after;                    // entries behind it; highest: ">"
  };
  std::uint64_t count = 0;  // 0: all
  std::optional<std::int64_t> block_ms;
  bool no_ack = false;
  std::string_view group, consumer;
  std::vector<Source> sources;
};

class ReadParser {
 public:
  ReadParser(ReadContext& context, bool is_group) : context_(context), is_group_(is_group) {}

  // False: Redis's error is written.
  bool run() {
    std::size_t i = 1;
    for (; i < context_.argc() && streams_ == 0; ++i) {
      if (!take(i)) return false;
    }
    if (streams_ == 0) return refuse(errors::kSyntax);
    if (is_group_ && !has_group_) return refuse("ERR Missing GROUP option for XREADGROUP");
    const std::size_t count = (context_.argc() - streams_) / 2;
    for (std::size_t n = 0; n < count; ++n)
      arguments.sources.push_back({streams_ + n, streams_ + count + n, {}});
    return true;
  }

  ReadArguments arguments;

 private:
  bool refuse(std::string_view text) {
    context_.error(text);
    return false;
  }

  bool take(std::size_t& i) {
    const std::string_view word = context_.arg(i);
    const std::size_t more = context_.argc() - i - 1;
    if (equals_ignoring_case(word, "BLOCK") && more > 0) return take_block(++i);
    if (equals_ignoring_case(word, "COUNT") && more > 0) {
      const auto count = integer_argument(context_, ++i);
      if (count) arguments.count = static_cast<std::uint64_t>(std::max<std::int64_t>(*count, 0));
      return count.has_value();
    }
    if (equals_ignoring_case(word, "STREAMS") && more > 0) {
      streams_ = i + 1;
      if ((context_.argc() - streams_) % 2 == 0) return true;
      return refuse(
          "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
          "specified.");
    }
    if (equals_ignoring_case(word, "GROUP") && more >= 2) {
      if (!is_group_)
        return refuse(
            "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
      has_group_ = true;
      arguments.group = context_.arg(i + 1);
      arguments.consumer = context_.arg(i + 2);
      i += 2;
      return true;
    }
    if (equals_ignoring_case(word, "NOACK")) {
      if (!is_group_)
        return refuse(
            "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
      arguments.no_ack = true;
      return true;
    }
    return refuse(errors::kSyntax);
  }

  bool take_block(std::size_t i) {
    const auto ms = base::parse_integer(context_.arg(i));
    if (!ms) return refuse("ERR timeout is not an integer or out of range");
    if (*ms < 0) return refuse("ERR timeout is negative");
    arguments.block_ms = *ms;
    return true;
  }

  ReadContext& context_;
  bool is_group_;
  bool has_group_ = false;
  std::size_t streams_ = 0;
};

// Writes the stream's name in front of its entries.
void write_source(ReadContext& context, const ReadArguments::Source& source) {
  if (!context.reply().is_resp3()) context.reply().array(2);
  context.reply().bulk(context.arg(source.key));
}

// Counted replies, an aggregate of them, or nothing at all.
class Streams {
 public:
  explicit Streams(resp::ReplyWriter& reply) : reply_(reply), place_(reply.defer_array()) {}
  void add() { ++count_; }
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  void finish() { count_ == 0 ? reply_.null_array() : reply_.finish_map_of_pairs(place_, count_); }

 private:
  resp::ReplyWriter& reply_;
  resp::ReplyWriter::Deferred place_;
  std::size_t count_ = 0;
};

bool resolve_after(ReadContext& context, const Stream* stream, ReadArguments::Source& source,
                   bool is_group) {
  const std::string_view word = context.arg(source.id_word);
  if (word == "$") {
    if (is_group) {
      context.error(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history "
          "of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ "
          "ID would just return an empty result set.");
      return false;
    }
    source.after = stream == nullptr ? StreamId{} : stream->last_id();
    return true;
  }
  if (word == ">") {
    if (!is_group) {
      context.error(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
          "<consumer> option.");
      return false;
    }
    source.after = StreamId::highest();
    return true;
  }
  const auto id = stream_id_argument(context, source.id_word);
  if (id) source.after = *id;
  return id.has_value();
}

void write_new(ReadContext& context, const Stream& stream, const StreamId& after,
               std::uint64_t count) {
  const auto place = context.reply().defer_array();
  std::size_t written = 0;
  stream.visit(*after.next(), StreamId::highest(), false, [&](const StreamEntry& entry) {
    write_stream_entry(context.reply(), entry);
    return ++written != count && !context.reply().is_over();
  });
  context.reply().finish_array(place, written);
}

// What a group has not yet read: written, given to the consumer, noted as read.
void deliver_new(WriteContext& context, Stream& stream, const ReadArguments& arguments) {
  StreamGroup& group = *stream.edit_group(arguments.group);
  StreamConsumer& consumer = group.consumer(arguments.consumer, context.now_ms());
  const auto place = context.reply().defer_array();
  std::size_t written = 0;
  const StreamId first = *group.last_id.next();
  stream.visit(first, StreamId::highest(), false, [&](const StreamEntry& entry) {
    if (group.entries_read != StreamGroup::kUnknown && !stream.has_tombstones_from(entry.id)) {
      group.entries_read = base::saturated_sum(group.entries_read, 1);
    } else if (stream.entries_added() > 0) {
      group.entries_read = stream.entries_up_to(entry.id);
    }
    group.last_id = entry.id;
    write_stream_entry(context.reply(), entry);
    if (!arguments.no_ack) {
      StreamPending& pending = group.assign(entry.id, consumer);
      pending.delivered_ms = context.now_ms();
      pending.deliveries = 1;
    }
    return ++written != arguments.count;
  });
  context.reply().finish_array(place, written);
}

// A consumer's own entries behind an id, once more.
void deliver_history(WriteContext& context, Stream& stream, const ReadArguments& arguments,
                     const StreamId& after) {
  StreamGroup& group = *stream.edit_group(arguments.group);
  StreamConsumer& consumer = group.consumer(arguments.consumer, context.now_ms());
  const auto place = context.reply().defer_array();
  std::size_t written = 0;
  for (auto at = consumer.pending.upper_bound(after);
       at != consumer.pending.end() && (arguments.count == 0 || written < arguments.count);
       ++at, ++written) {
    bool is_there = false;
    stream.visit(*at, *at, false, [&](const StreamEntry& entry) {
      write_stream_entry(context.reply(), entry);
      is_there = true;
      return false;
    });
    if (is_there) {
      StreamPending& pending = *group.edit_pending(*at);
      pending.delivered_ms = context.now_ms();
      ++pending.deliveries;
      continue;
    }
    context.reply().array(2);
    context.reply().bulk(at->text());
    context.reply().null_array();
  }
  context.reply().finish_array(place, written);
}

bool check_group(WriteContext& context, const ReadArguments& arguments,
                 ReadArguments::Source& source) {
  const std::string_view key = context.arg(source.key);
  const Found entry = context.is_serving() ? context.find_of_for_write(key, Type::kStream)
                                           : look_up_of(context, key, Type::kStream);
  if (entry.is_wrong()) return false;
  if (entry == nullptr || stream_of(*entry).group(arguments.group) == nullptr) {
    if (context.is_serving()) {
      context.error("NOGROUP the consumer group this client was blocked on no longer exists");
      return false;
    }
    context.error("NOGROUP No such key '" + errors::shown(key) + "' or consumer group '" +
                  errors::shown(arguments.group) + "' in XREADGROUP with GROUP option");
    return false;
  }
  return resolve_after(context, &stream_of(*entry), source, true);
}

// Whether the reply has room for what XREADGROUP is to deliver: asked before anything is noted as
// delivered. All streams and groups are there.
bool deliveries_fit(WriteContext& context, const ReadArguments& arguments) {
  std::uint64_t bytes = 0;
  for (const auto& source : arguments.sources) {
    const std::string_view key = context.arg(source.key);
    if (!context.tries(key)) continue;
    bytes += key.size() + resp::ReplyWriter::kScalarBytes;
    const Stream& stream = stream_of(*context.find_for_write(key));
    const StreamGroup& group = *stream.group(arguments.group);
    const bool is_history = source.after != StreamId::highest();
    if (!is_history) {
      const auto first = group.last_id.next();
      if (first && !entries_fit(context.reply(), stream, *first, StreamId::highest(),
                                arguments.count, bytes))
        return false;
      continue;
    }
    const auto found = group.consumers.find(arguments.consumer);
    if (found == group.consumers.end()) continue;
    std::uint64_t seen = 0;
    for (auto at = found->second.pending.upper_bound(source.after);
         at != found->second.pending.end() && (arguments.count == 0 || seen < arguments.count);
         ++at, ++seen) {
      bytes += kGoneEntryBytes;
      if (!entries_fit(context.reply(), stream, *at, *at, 1, bytes)) return false;
    }
  }
  return bytes <= context.reply().room();
}

// nullptr: it is absent or no stream.
const Entry* find_stream(ReadContext& context, std::string_view key) {
  const Entry* entry = context.find(key, Lookup::kSilent);
  return entry != nullptr && entry->value().type() == Type::kStream ? entry : nullptr;
}

// As which of the changes while the client waited the stream was changed; nullopt: it was not.
std::optional<std::uint64_t> change_of(ReadContext& context, const ReadArguments::Source& source) {
  return context.state().stream_watches.change_of(context.database(), context.arg(source.key));
}

// In the order in which they were changed while the client waited, as Redis serves it.
void order_by_change(ReadContext& context, std::vector<ReadArguments::Source>& sources) {
  const auto changed = [&](const ReadArguments::Source& source) {
    return change_of(context, source).value_or(~std::uint64_t{0});
  };
  std::stable_sort(sources.begin(), sources.end(), [&](const auto& one, const auto& other) {
    return changed(one) < changed(other);
  });
}

// Whether something was added behind `after`. One that waited and is looked at because the stream
// was changed is given the stream also when what was added is gone again, without an entry, as in
// Redis 7.0.
bool has_news(const Stream& stream, const StreamId& after, bool is_for_change) {
  if (is_for_change) return stream.last_id() > after;
  return stream.edge(false).value_or(StreamId{}) > after;
}

void xread(ReadContext& context) {
  ReadParser parser(context, false);
  if (!parser.run()) return;
  ReadArguments& arguments = parser.arguments;
  for (auto& source : arguments.sources) {
    const std::string_view key = context.arg(source.key);
    const Found entry =
        context.is_again() ? Found(find_stream(context, key)) : context.find_of(key, Type::kStream);
    if (entry.is_wrong()) return;
    const Stream* stream = entry == nullptr ? nullptr : &stream_of(*entry);
    if (!resolve_after(context, stream, source, false)) return;
  }
  if (context.is_again()) order_by_change(context, arguments.sources);
  Streams streams(context.reply());
  for (const auto& source : arguments.sources) {
    const Entry* entry = find_stream(context, context.arg(source.key));
    if (entry == nullptr) continue;
    const Stream& stream = stream_of(*entry);
    const bool is_for_change = context.is_again() && change_of(context, source);
    if (!has_news(stream, source.after, is_for_change)) continue;
    streams.add();
    write_source(context, source);
    write_new(context, stream, source.after, arguments.count);
    if (context.is_again()) break;
  }
  streams.finish();
}

void xreadgroup(WriteContext& context) {
  ReadParser parser(context, true);
  if (!parser.run()) return;
  ReadArguments& arguments = parser.arguments;
  for (auto& source : arguments.sources) {
    if (context.tries(context.arg(source.key)) && !check_group(context, arguments, source)) return;
  }
  if (!deliveries_fit(context, arguments)) return context.error(errors::kReplyTooLarge);
  const bool is_for_change = context.is_serving() && context.state().rules >= kRulesWithArrivals;
  Streams streams(context.reply());
  for (const auto& source : arguments.sources) {
    if (!context.tries(context.arg(source.key))) continue;
    context.edit<StreamOwner>(context.arg(source.key), [&](StreamOwner& stream) {
      const bool is_history = source.after != StreamId::highest();
      const StreamId read_to = stream->group(arguments.group)->last_id;
      if (!is_history && !has_news(*stream, read_to, is_for_change)) return false;
      StreamGroup& group = *stream->edit_group(arguments.group);
      const bool is_new = !group.consumers.contains(arguments.consumer);
      group.consumer(arguments.consumer, context.now_ms()).seen_ms = context.now_ms();
      if (is_new) context.notify('t', "xgroup-createconsumer", context.arg(source.key));
      streams.add();
      write_source(context, source);
      is_history ? deliver_history(context, *stream, arguments, source.after)
                 : deliver_new(context, *stream, arguments);
      return true;
    });
  }
  if (streams.is_empty() && arguments.block_ms && context.may_wait()) {
    const std::size_t first = arguments.sources[0].key;
    return context.wait_for(first, first + arguments.sources.size(), *arguments.block_ms);
  }
  streams.finish();
}

constexpr CommandRow kStreamsReadRows[] = {
    row("xread", -4, kFlagReadonly | kFlagBlocking | kFlagMovableKeys, keys_behind_streams(1),
        {"Reads the entries behind an id, of several streams.", "5.0.0"}, {.read = xread}),
    row("xreadgroup", -7, kFlagWrite | kFlagBlocking | kFlagMovableKeys, keys_behind_streams(4),
        {"Reads entries as a consumer of a group.", "5.0.0"}, {.write = xreadgroup},
        {.traits = kTraitLargeReply, .waits_at = Type::kStream}),
};

}  // namespace

constinit const Family kStreamsReadFamily{"stream", kStreamsReadRows};

}  // namespace engine::commands
