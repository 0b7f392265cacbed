// Pub/sub: SUBSCRIBE to PUBSUB. A node answers them by itself, in any state; who gets a message is
// the broker's business (node/clients/pubsub/broker.h). Texts: Redis 7.0.
//
// With `cluster-enabled yes` PUBSUB tells of this node alone, as a node of Redis Cluster does,
// whose clients add up what all nodes say; else it tells of all nodes, as one Redis that they stand
// for.
#include <set>
#include <string>

#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/pubsub/broker.h"

namespace node {
namespace {

// One of the words by which a connection subscribes, or no longer does.
struct Verb {
  ChannelKind kind;
  std::string_view name;  // as confirmations have it
};

void confirm(LocalCall& call, const Verb& verb, const std::string_view* name) {
  call.requests.is_push = true;
  call.reply.push(3);
  call.reply.bulk(verb.name);
  name != nullptr ? call.reply.bulk(*name) : call.reply.null();
  call.reply.integer(static_cast<std::int64_t>(call.session.subscriber.counted_with(verb.kind)));
}

void subscribe_as(LocalCall& call, const Verb& verb) {
  for (const std::string_view name : call.argv.subspan(1)) {
    call.node.broker.subscriptions().add(call.session, verb.kind, name);
    confirm(call, verb, &name);
  }
}

void unsubscribe_as(LocalCall& call, const Verb& verb) {
  const auto leave = [&](std::string_view name) {
    call.node.broker.subscriptions().remove(call.session, verb.kind, name);
    confirm(call, verb, &name);
  };
  if (call.argv.size() > 1) {
    for (const std::string_view name : call.argv.subspan(1)) leave(name);
    return;
  }
  const Subscriber::Places& places = call.session.subscriber.of(verb.kind);
  if (places.empty()) return confirm(call, verb, nullptr);
  while (!places.empty()) leave(std::string(places.begin()->first));
}

void subscribe(LocalCall& call) { subscribe_as(call, {ChannelKind::kChannel, "subscribe"}); }
void psubscribe(LocalCall& call) { subscribe_as(call, {ChannelKind::kPattern, "psubscribe"}); }
void ssubscribe(LocalCall& call) {
  if (call.is_in_exec)
    return call.reply.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  subscribe_as(call, {ChannelKind::kShard, "ssubscribe"});
}
void unsubscribe(LocalCall& call) { unsubscribe_as(call, {ChannelKind::kChannel, "unsubscribe"}); }
void punsubscribe(LocalCall& call) {
  unsubscribe_as(call, {ChannelKind::kPattern, "punsubscribe"});
}
void sunsubscribe(LocalCall& call) { unsubscribe_as(call, {ChannelKind::kShard, "sunsubscribe"}); }

// Within an EXEC of the log every node delivers it when it applies that, this one too.
void publish_as(LocalCall& call, bool is_shard) {
  Broker& broker = call.node.broker;
  const std::uint64_t receivers = call.is_in_log
                                      ? broker.receivers(is_shard, call.argv[1])
                                      : broker.publish(is_shard, call.argv[1], call.argv[2]);
  call.reply.integer(static_cast<std::int64_t>(receivers));
}
void publish(LocalCall& call) { publish_as(call, false); }
void spublish(LocalCall& call) { publish_as(call, true); }

// -- PUBSUB

bool tells_of_all(const LocalCall& call) { return !call.session.speaks_cluster; }

std::set<std::string> names(const LocalCall& call, ChannelKind kind) {
  std::set<std::string> all;
  call.node.broker.subscriptions().for_each(
      kind, [&all](const std::string& name, const Subscriptions::Audience&) { all.insert(name); });
  if (tells_of_all(call))
    call.node.broker.elsewhere().for_each(kind,
                                          [&all](const std::string& name) { all.insert(name); });
  return all;
}

void write_names(LocalCall& call, ChannelKind kind) {
  if (call.argv.size() > 3) {
    std::string word(call.argv[1]);
    return call.reply.error("ERR unknown subcommand or wrong number of arguments for '" + word +
                            "'. Try PUBSUB HELP.");
  }
  const auto place = call.reply.defer_array();
  std::size_t count = 0;
  for (const std::string& name : names(call, kind)) {
    if (call.argv.size() == 3 && !matches_channel(call.argv[2], name)) continue;
    call.reply.bulk(name);
    ++count;
  }
  call.reply.finish_array(place, count);
}

void write_counts(LocalCall& call, ChannelKind kind) {
  const auto words = call.argv.subspan(2);
  call.reply.array(2 * words.size());
  for (const std::string_view name : words) {
    std::uint64_t sessions = call.node.broker.subscriptions().sessions(kind, name);
    if (tells_of_all(call)) sessions += call.node.broker.elsewhere().sessions(kind, name);
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(sessions));
  }
}

void channels(LocalCall& call) { write_names(call, ChannelKind::kChannel); }
void shard_channels(LocalCall& call) { write_names(call, ChannelKind::kShard); }
void count_subscribers(LocalCall& call) { write_counts(call, ChannelKind::kChannel); }
void count_shard_subscribers(LocalCall& call) { write_counts(call, ChannelKind::kShard); }
void count_patterns(LocalCall& call) {
  const std::size_t here = call.node.broker.subscriptions().count(ChannelKind::kPattern);
  const std::size_t count = tells_of_all(call) ? names(call, ChannelKind::kPattern).size() : here;
  call.reply.integer(static_cast<std::int64_t>(count));
}

constexpr std::uint32_t kSubscribeFlags = kFlagPubsub | kFlagNoScript | kFlagLoading | kFlagStale;
constexpr std::uint32_t kPublishFlags =
    kFlagPubsub | kFlagLoading | kFlagStale | kFlagFast | kFlagMayReplicate;
constexpr std::uint32_t kPubsubFlags = kFlagPubsub | kFlagLoading | kFlagStale;

constexpr CommandRow kPubsubRows[] = {
    row("psubscribe", -2, kSubscribeFlags, kNoKeys,
        {"Listens to the channels that match patterns.", "2.0.0", "O(N) for N patterns"},
        {.local = psubscribe},
        {.traits = kTraitOfSubscribers, .channels = engine::ChannelUse::kPatterns}),
    row("publish", 3, kPublishFlags, kNoKeys,
        {"Sends a message to the listeners of a channel.", "2.0.0",
         "O(N+M) for N listeners and M patterns that begin as the channel does"},
        {.local = publish}, {.traits = kTraitPublishes, .channels = engine::ChannelUse::kFirst}),
    row("pubsub", -2, 0, kNoKeys, {"Tells of channels and listeners.", "2.8.0"}),
    row("pubsub|channels", -2, kPubsubFlags, kNoKeys,
        {"Lists the channels that have listeners.", "2.8.0", "O(N)"}, {.local = channels}),
    row("pubsub|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "6.2.0", "O(1)"}, {.local = write_help}),
    row("pubsub|numpat", 2, kPubsubFlags, kNoKeys,
        {"Counts the patterns that are listened to.", "2.8.0", "O(1)"}, {.local = count_patterns}),
    row("pubsub|numsub", -2, kPubsubFlags, kNoKeys,
        {"Counts the listeners of channels.", "2.8.0", "O(N)"}, {.local = count_subscribers}),
    row("pubsub|shardchannels", -2, kPubsubFlags, kNoKeys,
        {"Lists the shard channels that have listeners.", "7.0.0", "O(N)"},
        {.local = shard_channels}),
    row("pubsub|shardnumsub", -2, kPubsubFlags, kNoKeys,
        {"Counts the listeners of shard channels.", "7.0.0", "O(N)"},
        {.local = count_shard_subscribers}),
    row("punsubscribe", -1, kSubscribeFlags, kNoKeys,
        {"Ends listening to patterns.", "2.0.0", "O(N) for N patterns"}, {.local = punsubscribe},
        {.traits = kTraitOfSubscribers}),
    row("spublish", 3, kPublishFlags, one_key(kNotKey),
        {"Sends a message to the listeners of a shard channel.", "7.0.0", "O(N) for N listeners"},
        {.local = spublish}, {.traits = kTraitPublishes, .channels = engine::ChannelUse::kFirst}),
    row("ssubscribe", -2, kSubscribeFlags, all_keys(kNotKey),
        {"Listens to shard channels.", "7.0.0", "O(N) for N channels"}, {.local = ssubscribe},
        {.traits = kTraitOfSubscribers, .channels = engine::ChannelUse::kAll}),
    row("subscribe", -2, kSubscribeFlags, kNoKeys,
        {"Listens to channels.", "2.0.0", "O(N) for N channels"}, {.local = subscribe},
        {.traits = kTraitOfSubscribers, .channels = engine::ChannelUse::kAll}),
    row("sunsubscribe", -1, kSubscribeFlags, all_keys(kNotKey),
        {"Ends listening to shard channels.", "7.0.0", "O(N) for N channels"},
        {.local = sunsubscribe}, {.traits = kTraitOfSubscribers}),
    row("unsubscribe", -1, kSubscribeFlags, kNoKeys,
        {"Ends listening to channels.", "2.0.0", "O(N) for N channels"}, {.local = unsubscribe},
        {.traits = kTraitOfSubscribers}),
};

}  // namespace

constinit const Family kPubsubFamily{"pubsub", kPubsubRows};

}  // namespace node
