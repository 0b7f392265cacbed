// Streams: who takes over entries that another consumer of a group has pending.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/number.h"
#include "base/saturate.h"
#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/commands/stream_args.h"

namespace engine::commands {
namespace {

// Since a time that may be any number: RESTORE takes it from a payload.
std::int64_t idle_since(const ReadContext& context, std::int64_t then_ms) {
  return base::saturated_difference(context.now_ms(), then_ms);
}

struct ClaimOptions {
  std::int64_t min_idle_ms = 0;
  std::optional<std::int64_t> delivered_ms;
  std::optional<std::int64_t> retry_count;
  bool force = false, just_id = false;
  StreamId last_id;
  std::vector<StreamId> ids;
};

class ClaimParser {
 public:
  explicit ClaimParser(WriteContext& context) : context_(context) {}

  bool run() {
    std::int64_t& idle = options.min_idle_ms;
    if (!number(4, "ERR Invalid min-idle-time argument for XCLAIM", idle)) return false;
    idle = std::max<std::int64_t>(idle, 0);
    std::size_t i = 5;
    for (; i < context_.argc(); ++i) {
      const auto id = parse_stream_id(context_.arg(i), 0, true);
      if (!id) break;
      options.ids.push_back(id->id);
    }
    for (; i < context_.argc(); ++i) {
      if (!take(i)) return false;
    }
    const std::int64_t now = context_.now_ms();
    if (!options.delivered_ms || *options.delivered_ms < 0 || *options.delivered_ms > now)
      options.delivered_ms = now;
    return true;
  }

  ClaimOptions options;

 private:
  bool number(std::size_t i, std::string_view error, std::int64_t& into) {
    const auto value = base::parse_integer(context_.arg(i));
    if (!value) return context_.error(error), false;
    into = *value;
    return true;
  }

  bool take(std::size_t& i) {
    const std::string_view word = context_.arg(i);
    const bool has_more = i + 1 < context_.argc();
    std::int64_t value = 0;
    if (equals_ignoring_case(word, "FORCE")) return options.force = true;
    if (equals_ignoring_case(word, "JUSTID")) return options.just_id = true;
    if (equals_ignoring_case(word, "IDLE") && has_more) {
      if (!number(++i, "ERR Invalid IDLE option argument for XCLAIM", value)) return false;
      options.delivered_ms = base::saturated_difference(context_.now_ms(), value);
      return true;
    }
    if (equals_ignoring_case(word, "TIME") && has_more) {
      if (!number(++i, "ERR Invalid TIME option argument for XCLAIM", value)) return false;
      options.delivered_ms = value;
      return true;
    }
    if (equals_ignoring_case(word, "RETRYCOUNT") && has_more) {
      if (!number(++i, "ERR Invalid RETRYCOUNT option argument for XCLAIM", value)) return false;
      options.retry_count = value;
      return true;
    }
    if (equals_ignoring_case(word, "LASTID") && has_more) {
      const auto id = stream_id_argument(context_, ++i);
      if (id) options.last_id = *id;
      return id.has_value();
    }
    context_.error("ERR Unrecognized XCLAIM option '" + errors::shown(word) + "'");
    return false;
  }

  WriteContext& context_;
};

// The stream at argument 1 and the group at argument 2 of XCLAIM and XAUTOCLAIM; null: an error was
// written.
const Stream* claimed_stream(WriteContext& context) {
  const Found entry = look_up_of(context, context.arg(1), Type::kStream);
  if (entry.is_wrong()) return nullptr;
  if (entry != nullptr && stream_of(*entry).group(context.arg(2)) != nullptr)
    return &stream_of(*entry);
  context.error("NOGROUP No such key '" + errors::shown(context.arg(1)) + "' or consumer group '" +
                errors::shown(context.arg(2)) + "'");
  return nullptr;
}

void write_claimed(resp::ReplyWriter& reply, const Stream& stream, const StreamId& id,
                   bool just_id) {
  if (just_id) return reply.bulk(id.text());
  stream.visit(id, id, false, [&](const StreamEntry& entry) {
    write_stream_entry(reply, entry);
    return false;
  });
}

StreamConsumer& seen_consumer(WriteContext& context, StreamGroup& group, std::string_view name) {
  if (!group.consumers.contains(name)) context.notify('t', "xgroup-createconsumer", context.arg(1));
  StreamConsumer& consumer = group.consumer(name, context.now_ms());
  consumer.seen_ms = context.now_ms();
  return consumer;
}

// Whether the reply has room for all entries that may be claimed; the error is written if not.
bool claims_fit(WriteContext& context, const Stream& stream, const std::vector<StreamId>& ids,
                bool just_id, std::uint64_t bytes) {
  for (const StreamId& id : ids) {
    if (just_id) bytes += resp::ReplyWriter::kScalarBytes + id.text().size();
    if (just_id ? bytes <= context.reply().room()
                : entries_fit(context.reply(), stream, id, id, 1, bytes))
      continue;
    return context.error(errors::kReplyTooLarge), false;
  }
  return true;
}

void claim(WriteContext& context, Stream& stream, const ClaimOptions& options) {
  StreamGroup& group = *stream.edit_group(context.arg(2));
  group.last_id = std::max(group.last_id, options.last_id);
  const auto place = context.reply().defer_array();
  std::size_t written = 0;
  for (const StreamId& id : options.ids) {
    const auto found = group.pending().find(id);
    if (!stream.contains(id)) {
      group.acknowledge(id);
      continue;
    }
    if (found == group.pending().end() && !options.force) continue;
    if (found != group.pending().end() &&
        idle_since(context, found->second.delivered_ms) < options.min_idle_ms)
      continue;
    StreamConsumer& consumer = seen_consumer(context, group, context.arg(3));
    StreamPending& pending = group.assign(id, consumer);
    pending.delivered_ms = *options.delivered_ms;
    if (options.retry_count) {
      pending.deliveries = static_cast<std::uint64_t>(*options.retry_count);
    } else if (!options.just_id) {
      ++pending.deliveries;
    }
    write_claimed(context.reply(), stream, id, options.just_id);
    ++written;
  }
  context.reply().finish_array(place, written);
}

struct AutoClaimOptions {
  std::int64_t min_idle_ms = 0;
  StreamId start;
  std::int64_t count = 100;
  bool just_id = false;
};

std::optional<AutoClaimOptions> auto_claim_options(WriteContext& context) {
  constexpr std::int64_t kCountMax = INT64_MAX / 16;
  AutoClaimOptions options;
  const auto idle = base::parse_integer(context.arg(4));
  if (!idle) {
    context.error("ERR Invalid min-idle-time argument for XAUTOCLAIM");
    return {};
  }
  options.min_idle_ms = std::max<std::int64_t>(*idle, 0);
  const auto start = interval_argument(context, 5, true);
  if (!start) return {};
  options.start = *start;
  for (std::size_t i = 6; i < context.argc(); ++i) {
    if (equals_ignoring_case(context.arg(i), "COUNT") && i + 1 < context.argc()) {
      const auto count = base::parse_integer(context.arg(++i));
      if (!count || *count < 1 || *count > kCountMax)
        return context.error("ERR COUNT must be > 0"), std::nullopt;
      options.count = *count;
    } else if (equals_ignoring_case(context.arg(i), "JUSTID")) {
      options.just_id = true;
    } else {
      return context.error(errors::kSyntax), std::nullopt;
    }
  }
  return options;
}

// What XAUTOCLAIM is going to do.
struct AutoClaims {
  std::vector<StreamId> claimed, gone;
  StreamId next;  // where the next call begins; 0-0: all is done
};

AutoClaims find_auto_claims(WriteContext& context, const Stream& stream,
                            const AutoClaimOptions& options) {
  constexpr std::int64_t kAttemptsPerClaim = 10;
  const StreamGroup& group = *stream.group(context.arg(2));
  AutoClaims claims;
  std::int64_t left = options.count, attempts = options.count * kAttemptsPerClaim;
  auto at = group.pending().lower_bound(options.start);
  for (; attempts > 0 && left > 0 && at != group.pending().end(); ++at, --attempts) {
    const bool is_idle = idle_since(context, at->second.delivered_ms) >= options.min_idle_ms;
    const bool is_there = stream.contains(at->first);
    if (is_there && !is_idle) continue;
    (is_there ? claims.claimed : claims.gone).push_back(at->first);
    --left;
  }
  if (at != group.pending().end()) claims.next = at->first;
  return claims;
}

void auto_claim(WriteContext& context, Stream& stream, const AutoClaims& claims, bool just_id) {
  StreamGroup& group = *stream.edit_group(context.arg(2));
  resp::ReplyWriter& reply = context.reply();
  reply.array(3);
  reply.bulk(claims.next.text());
  reply.array(claims.claimed.size());
  for (const StreamId& id : claims.claimed) {
    StreamPending& pending = group.assign(id, seen_consumer(context, group, context.arg(3)));
    pending.delivered_ms = context.now_ms();
    if (!just_id) ++pending.deliveries;
    write_claimed(reply, stream, id, just_id);
  }
  reply.array(claims.gone.size());
  for (const StreamId& id : claims.gone) {
    group.acknowledge(id);
    reply.bulk(id.text());
  }
}

void xclaim(WriteContext& context) {
  if (claimed_stream(context) == nullptr) return;
  ClaimParser parser(context);
  if (!parser.run()) return;
  const Stream& claimed = stream_of(*context.find_for_write(context.arg(1)));
  if (!claims_fit(context, claimed, parser.options.ids, parser.options.just_id, 0)) return;
  context.edit<StreamOwner>(context.arg(1), [&](StreamOwner& stream) {
    claim(context, *stream, parser.options);
    return false;
  });
}

void xautoclaim(WriteContext& context) {
  const auto options = auto_claim_options(context);
  const Stream* source = options ? claimed_stream(context) : nullptr;
  if (!options) static_cast<void>(look_up(context, context.arg(1)));  // Redis 7.0 looks first
  if (source == nullptr) return;
  const AutoClaims claims = find_auto_claims(context, *source, *options);
  constexpr std::uint64_t kIdBytes = resp::ReplyWriter::kScalarBytes + 41;
  const std::uint64_t ids_bytes = (claims.gone.size() + 1) * kIdBytes;
  if (!claims_fit(context, *source, claims.claimed, options->just_id, ids_bytes)) return;
  context.edit<StreamOwner>(context.arg(1), [&](StreamOwner& stream) {
    auto_claim(context, *stream, claims, options->just_id);
    return false;
  });
}

constexpr CommandRow kStreamsClaimsRows[] = {
    row("xautoclaim", -6, kFlagWrite | kFlagFast, one_key(kKeyDelete),
        {"Takes over entries that were pending for too long, wherever they are.", "6.2.0"},
        {.write = xautoclaim}, {.tips = "nondeterministic_output", .traits = kTraitLargeReply}),
    row("xclaim", -6, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Takes over entries that are pending.", "5.0.0"}, {.write = xclaim},
        {.tips = "nondeterministic_output", .traits = kTraitLargeReply}),
};

}  // namespace

constinit const Family kStreamsClaimsFamily{"stream", kStreamsClaimsRows};

}  // namespace engine::commands
