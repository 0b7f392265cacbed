// Commands about the connection itself: PING to RESET. Most change only the session's modes and run
// when parsed. Texts: Redis 7.0.
#include <algorithm>

#include "base/limits.h"
#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/client_line.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/doors.h"

namespace node {
namespace {

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view kNoPassword =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure "
    "your configuration is correct?";
constexpr std::string_view kHelloNeedsAuth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH "
    "<user> <pass> option can be "
    "used to authenticate the client and select the RESP protocol version at the same time";
constexpr std::string_view kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

const engine::users::Users& users(const LocalCall& call) {
  return call.node.accounts.in_force(call.node.engine);
}

bool is_right(const engine::users::User* user, std::string_view password) {
  if (user == nullptr || !user->is_on()) return false;
  return user->needs_no_password() || user->has_password(password);
}

// What fails is noted in ACL LOG.
bool log_in(LocalCall& call, std::string_view name, std::string_view password) {
  if (!name.empty() && is_right(users(call).find(name), password)) {
    call.session.modes.is_authenticated = true;
    call.session.modes.user = name == engine::users::kDefaultUser ? std::string_view() : name;
    return true;
  }
  call.node.accounts.refusals.add(
      {.reason = "auth",
       .context = call.is_in_exec ? "multi" : "toplevel",
       .object = std::string(call.argv[0]),
       .username = std::string(name),
       .client = client_line(call.node.options.self, call.node.clocks.now, call.session),
       .time_ms = call.node.clocks.wall_ms},
      static_cast<std::size_t>(call.node.config.integer("acllog-max-len")));
  return false;
}

bool is_client_name(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

void ping(LocalCall& call) {
  if (call.argv.size() > 2)
    return call.reply.error("ERR wrong number of arguments for 'ping' command");
  if (call.session.is_listening()) {
    call.reply.array(2);
    call.reply.bulk("pong");
    return call.reply.bulk(call.argv.size() == 1 ? "" : call.argv[1]);
  }
  if (call.argv.size() == 1) return call.reply.status("PONG");
  call.reply.bulk(call.argv[1]);
}

void echo(LocalCall& call) { call.reply.bulk(call.argv[1]); }

void select_database(LocalCall& call) {
  const auto number = base::parse_integer(call.argv[1]);
  if (!number) return call.reply.error(engine::errors::kNotInteger);
  if (*number > INT32_MAX || *number < INT32_MIN)
    return call.reply.error(
        "ERR value is out of range, value must between -2147483648 and 2147483647");
  if (*number < 0 || *number >= base::limits::kDatabases)
    return call.reply.error(engine::errors::kDatabaseRange);
  call.session.modes.database = static_cast<std::uint32_t>(*number);
  call.reply.ok();
}

void auth(LocalCall& call) {
  if (call.argv.size() > 3) return call.reply.error(engine::errors::kSyntax);
  const bool has_user = call.argv.size() == 3;
  if (!has_user && users(call).default_user().needs_no_password())
    return call.reply.error(kNoPassword);
  if (!log_in(call, has_user ? call.argv[1] : "default", call.argv[has_user ? 2 : 1]))
    return call.reply.error(kWrongPassword);
  call.reply.ok();
}

void write_hello(LocalCall& call) {
  // The version just chosen is the one of this reply.
  resp::ReplyWriter reply(call.reply.out(), call.session.modes.version);
  const bool is_cluster = call.session.speaks_cluster;
  const bool is_replica = call.session.is_forwarded ? false
                          : is_cluster ? call.node.leadership.role != raft::Role::kLeader
                                       : !call.node.leadership.leader.is_none() &&
                                             call.node.leadership.leader != call.node.options.self;
  const bool has_role = manners_of(call.session.info.door).has_data;
  reply.map(has_role ? 7 : 6);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk("7.0.15");
  reply.bulk("proto");
  reply.integer(call.session.modes.version);
  reply.bulk("id");
  reply.integer(client_id(call.node.options.self, call.session.id));
  reply.bulk("mode");
  reply.bulk(mode_at(call.session.info.door, is_cluster));
  if (has_role) reply.bulk("role");
  if (has_role) reply.bulk(is_replica ? "replica" : "master");
  reply.bulk("modules");
  reply.array(0);
}

void hello(LocalCall& call) {
  std::int64_t version = call.session.modes.version;
  if (call.argv.size() > 1) {
    const auto wanted = base::parse_integer(call.argv[1]);
    if (!wanted) return call.reply.error("ERR Protocol version is not an integer or out of range");
    if (*wanted < 2 || *wanted > 3) return call.reply.error("NOPROTO unsupported protocol version");
    version = *wanted;
  }
  // Each option takes effect before the next one is looked at, as in Redis.
  for (std::size_t i = 2; i < call.argv.size(); ++i) {
    const std::size_t left = call.argv.size() - 1 - i;
    if (engine::equals_ignoring_case(call.argv[i], "auth") && left >= 2) {
      if (!log_in(call, call.argv[i + 1], call.argv[i + 2]))
        return call.reply.error(kWrongPassword);
      i += 2;
    } else if (engine::equals_ignoring_case(call.argv[i], "setname") && left >= 1) {
      const std::string_view name = call.argv[++i];
      if (!is_client_name(name)) return call.reply.error(kBadName);
      call.session.modes.name = name;
    } else {
      return call.reply.error("ERR Syntax error in HELLO option '" + std::string(call.argv[i]) +
                              "'");
    }
  }
  const bool is_known = call.session.modes.is_authenticated || is_open(users(call));
  if (!is_known) return call.reply.error(kHelloNeedsAuth);
  call.session.modes.version = static_cast<std::uint8_t>(version);
  if (version < 3) call.session.maintenance = {};  // RESP2 knows no pushes
  write_hello(call);
}

void reset(LocalCall& call) {
  call.requests.unwatches = true;
  call.node.broker.subscriptions().forget(call.session);
  call.node.tracking.turn_off(call.session);
  call.session.reset_modes();
  call.session.modes.is_authenticated = is_open(users(call));
  call.reply.status("RESET");
}

constexpr std::string_view kNoCluster = "ERR This instance has cluster support disabled";

// A client that follows -REDIRECT says so too, to read from a follower all the same (Valkey 8.0).
bool knows_read_only(const LocalCall& call) {
  return call.session.speaks_cluster || call.session.modes.redirects;
}

void readonly(LocalCall& call) {
  if (!knows_read_only(call)) return call.reply.error(kNoCluster);
  call.session.modes.is_readonly = true;
  call.reply.ok();
}

void readwrite(LocalCall& call) {
  if (!knows_read_only(call)) return call.reply.error(kNoCluster);
  call.session.modes.is_readonly = false;
  call.reply.ok();
}

// No slot ever migrates here, so the flag changes nothing.
void asking(LocalCall& call) {
  if (!call.session.speaks_cluster) return call.reply.error(kNoCluster);
  call.reply.ok();
}

// As this client sees the node.
bool is_replica_at(const LocalCall& call) {
  return call.node.leadership.role != raft::Role::kLeader && !call.session.is_forwarded;
}

std::int64_t durable_replicas_of(const LocalCall& call) {
  return durable_replicas(call.node.cluster, call.session.last_write,
                          call.node.leadership.role == raft::Role::kLeader);
}

void wait_for_replicas(LocalCall& call) {
  const auto replicas = base::parse_integer(call.argv[1]);
  if (is_replica_at(call)) {
    return call.reply.error(
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if "
        "a replica is configured to "
        "be writable (which is not the default) writes to replicas are just local and are not "
        "propagated.");
  }
  if (!replicas) return call.reply.error(engine::errors::kNotInteger);
  const auto timeout_ms = base::parse_integer(call.argv[2]);
  if (!timeout_ms) return call.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return call.reply.error("ERR timeout is negative");
  if (call.is_in_exec) return call.reply.integer(durable_replicas_of(call));
  call.requests.wait = LocalRequests::Wait{.replicas = *replicas, .timeout_ms = *timeout_ms};
}

void monitor(LocalCall& call) {
  if (call.is_in_exec)
    return call.reply.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  call.requests.monitors = true;
  call.reply.ok();
}

// Redis 7.2. Every acknowledged write is in the log, so the local part is there at once.
void wait_for_logs(LocalCall& call) {
  const auto local = base::parse_integer(call.argv[1]);
  const auto replicas = base::parse_integer(call.argv[2]);
  if (!local || !replicas) return call.reply.error(engine::errors::kNotInteger);
  if (*local < 0 || *local > 1)
    return call.reply.error("ERR value is out of range, value must between 0 and 1");
  if (*replicas < 0) return call.reply.error("ERR value is out of range, must be positive");
  const auto timeout_ms = base::parse_integer(call.argv[3]);
  if (!timeout_ms) return call.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return call.reply.error("ERR timeout is negative");
  if (is_replica_at(call)) {
    return call.reply.error(
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to "
        "replicas are just local and are not propagated.");
  }
  if (!call.is_in_exec) {
    call.requests.wait =
        LocalRequests::Wait{.replicas = *replicas, .timeout_ms = *timeout_ms, .is_log = true};
    return;
  }
  call.reply.array(2);
  call.reply.integer(1);
  call.reply.integer(durable_replicas_of(call));
}

using Words = std::vector<std::string_view>;

void hide_secrets_of_auth(Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) words[i] = engine::kHidden;
}

// User and password behind AUTH.
void hide_secrets_of_hello(Words& words) {
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (!engine::equals_ignoring_case(words[i], "auth")) continue;
    for (std::size_t j = i + 1; j <= i + 2 && j < words.size(); ++j) words[j] = engine::kHidden;
    return;
  }
}

constexpr CommandRow kConnectionRows[] = {
    row("asking", 1, kFlagFast, kNoKeys,
        {"Accepted for clients of a cluster; changes nothing here.", "3.0.0", "O(1)"},
        {.local = asking},
        {.group = "cluster", .acl = kAclConnection, .traits = kTraitAnyState | kTraitImmediate}),
    row("auth", -2,
        kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagNoAuth | kFlagAllowBusy,
        kNoKeys, {"Authenticates the connection.", "1.0.0"}, {.local = auth},
        {.hide_secrets = hide_secrets_of_auth}),
    row("echo", 2, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Answers its argument.", "1.0.0", "O(1)"}, {.local = echo}, {.traits = kTraitImmediate}),
    row("hello", -1,
        kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagNoAuth | kFlagAllowBusy,
        kNoKeys, {"Chooses the protocol version.", "6.0.0", "O(1)"}, {.local = hello},
        {.hide_secrets = hide_secrets_of_hello}),
    row("monitor", 1, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Shows every command that this node gets.", "1.0.0"}, {.local = monitor},
        {.group = "server"}),
    row("ping", -1, kFlagFast, kNoKeys, {"Answers PONG.", "1.0.0", "O(1)"}, {.local = ping},
        {.tips = "request_policy:all_shards response_policy:all_succeeded",
         .traits = kTraitAnyState | kTraitImmediate | kTraitOfSubscribers}),
    row("quit", -1,
        kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagNoAuth | kFlagAllowBusy,
        kNoKeys, {"Closes the connection.", "1.0.0", "O(1)"}, {}, {.special = Special::kQuit}),
    row("readonly", 1, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Allows this connection to read a follower's own state.", "3.0.0", "O(1)"},
        {.local = readonly},
        {.group = "cluster", .acl = kAclConnection, .traits = kTraitImmediate}),
    row("readwrite", 1, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Ends what READONLY began.", "3.0.0", "O(1)"}, {.local = readwrite},
        {.group = "cluster", .acl = kAclConnection, .traits = kTraitImmediate}),
    row("reset", 1,
        kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagNoAuth | kFlagAllowBusy,
        kNoKeys, {"Puts the connection back to its beginning.", "6.2.0", "O(1)"}, {.local = reset},
        {.traits = kTraitImmediate | kTraitOfSubscribers, .special = Special::kReset}),
    row("select", 2, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Chooses the database.", "1.0.0", "O(1)"}, {.local = select_database},
        {.traits = kTraitImmediate | kTraitSelects}),
    row("wait", 3, kFlagNoScript, kNoKeys,
        {"Waits until so many replicas hold this connection's writes.", "3.0.0", "O(1)"},
        {.local = wait_for_replicas},
        {.group = "generic",
         .acl = kAclConnection,
         .tips = "request_policy:all_shards response_policy:agg_min"}),
    row("waitaof", 4, kFlagNoScript | kFlagBlocking, kNoKeys,
        {"Waits until this connection's writes are in so many logs.", "7.2.0"},
        {.local = wait_for_logs}, {.group = "generic", .acl = kAclConnection}),
};

}  // namespace

// What a follower has applied is on a majority; of more than that only the leader knows.
std::int64_t durable_replicas(const ClusterView& cluster, LogIndex index, bool is_leader) {
  if (!is_leader)
    return std::count_if(cluster.peers.begin(), cluster.peers.end(),
                         [](const PeerView& peer) { return peer.is_voter; }) /
           2;
  return std::count_if(cluster.peers.begin(), cluster.peers.end(), [index](const PeerView& peer) {
    return !peer.is_self && !peer.match.is_none() && peer.match >= index;
  });
}

constinit const Family kConnectionFamily{"connection", kConnectionRows};

}  // namespace node
