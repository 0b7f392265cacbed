// CLUSTER, and ROLE and TIME. The cluster looks like Redis Cluster with one shard that owns all
// slots (DESIGN decision 21).
#include <algorithm>
#include <string>

#include "base/crc.h"
#include "base/number.h"
#include "engine/command/errors.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/member_fields.h"
#include "node/clients/commands/registry.h"
#include "node/messages/endpoint.h"
#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr std::int64_t kSlots = 16384;

bool is_refused(LocalCall& call) {
  if (call.session.speaks_cluster) return false;
  call.reply.error("ERR This instance has cluster support disabled");
  return true;
}

bool is_ok(const ClusterView& view) { return view.is_born && !view.leader.is_none(); }

// The leader first, then the others by id.
std::vector<const PeerView*> leader_first(const ClusterView& view) {
  std::vector<const PeerView*> peers;
  for (const PeerView& peer : view.peers) peers.push_back(&peer);
  std::stable_partition(peers.begin(), peers.end(),
                        [&view](const PeerView* peer) { return peer->id == view.leader; });
  return peers;
}

// Answered without cluster mode too: it is how one asks a node of either dialect whether it is
// ready. "ok" is a leader that is known now, not the last one, and a state that is loaded.
void info(LocalCall& call) {
  const ClusterView& view = call.node.cluster;
  const bool is_up =
      is_ok(view) && !call.node.leadership.leader.is_none() && !call.node.loading.is_loading;
  std::string text;
  const auto field = [&text](std::string_view name, std::uint64_t value) {
    text += std::string(name) + ":" + std::to_string(value) + "\r\n";
  };
  text += std::string("cluster_state:") + (is_up ? "ok" : "fail") + "\r\n";
  field("cluster_slots_assigned", is_up ? kSlots : 0);
  field("cluster_slots_ok", is_up ? kSlots : 0);
  field("cluster_slots_pfail", 0);
  field("cluster_slots_fail", 0);
  field("cluster_known_nodes", std::max<std::size_t>(view.peers.size(), 1));
  field("cluster_size", is_up ? 1 : 0);
  field("cluster_current_epoch", view.term.value());
  field("cluster_my_epoch", view.term.value());
  field("cluster_stats_messages_sent", 0);
  field("cluster_stats_messages_received", 0);
  field("total_cluster_links_buffer_limit_exceeded", 0);
  text += "cluster_raft_role:" + std::string(role_name(call.node.leadership.role)) + "\r\n";
  text +=
      "cluster_raft_leader_id:" + (view.leader.is_none() ? "" : node_name(view.leader)) + "\r\n";
  call.reply.verbatim("txt", text + member_fields(view, "cluster_raft_"));
}

std::string node_line(const ClusterView& view, const PeerView& peer) {
  const bool is_leader = peer.id == view.leader;
  std::string line = node_name(peer.id) + " " + peer.host + ":" + std::to_string(peer.client_port) +
                     "@" + std::to_string(peer.raft_port);
  if (!peer.hostname.empty()) line += "," + peer.hostname;
  line += std::string(peer.is_self ? " myself," : " ") + (is_leader ? "master" : "slave");
  line += " " + (is_leader || view.leader.is_none() ? std::string("-") : node_name(view.leader));
  line += " 0 0 " + std::to_string(view.term.value());
  line += peer.is_self || peer.is_connected ? " connected" : " disconnected";
  if (is_leader) line += " 0-16383";
  return line + "\n";
}

void nodes(LocalCall& call) {
  if (is_refused(call)) return;
  std::string text;
  for (const PeerView& peer : call.node.cluster.peers) text += node_line(call.node.cluster, peer);
  call.reply.verbatim("txt", text);
}

void write_endpoint(const PeerView& peer, std::string_view type, resp::ReplyWriter& reply) {
  const auto text = [&reply](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  reply.array(4);
  if (type == "unknown-endpoint")
    reply.null();
  else
    reply.bulk(preferred_endpoint(peer, type));
  reply.integer(peer.client_port);
  reply.bulk(node_name(peer.id));
  // What the endpoint does not say.
  const bool has_ip = type != "ip";
  const bool has_hostname = type != "hostname" && !peer.hostname.empty();
  reply.array((has_ip ? 2U : 0U) + (has_hostname ? 2U : 0U));
  if (has_ip) text("ip", peer.host);
  if (has_hostname) text("hostname", peer.hostname);
}

void slots(LocalCall& call) {
  if (is_refused(call)) return;
  const ClusterView& view = call.node.cluster;
  if (!is_ok(view)) return call.reply.array(0);
  call.reply.array(1);
  call.reply.array(2 + view.peers.size());
  call.reply.integer(0);
  call.reply.integer(kSlots - 1);
  const std::string& type = call.node.config.text("cluster-preferred-endpoint-type");
  for (const PeerView* peer : leader_first(view)) write_endpoint(*peer, type, call.reply);
}

void write_shard_node(const ClusterView& view, const PeerView& peer, std::string_view type,
                      resp::ReplyWriter& reply) {
  const auto text = [&reply](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  reply.map(peer.hostname.empty() ? 7 : 8);
  text("id", node_name(peer.id));
  reply.bulk("port");
  reply.integer(peer.client_port);
  text("ip", peer.host);
  text("endpoint", preferred_endpoint(peer, type));
  if (!peer.hostname.empty()) text("hostname", peer.hostname);
  text("role", peer.id == view.leader ? "master" : "replica");
  reply.bulk("replication-offset");
  reply.integer(static_cast<std::int64_t>(peer.match.value()));
  text("health", peer.is_self || peer.is_connected ? "online" : "fail");
}

void shards(LocalCall& call) {
  if (is_refused(call)) return;
  const ClusterView& view = call.node.cluster;
  call.reply.array(1);
  call.reply.map(2);
  call.reply.bulk("slots");
  call.reply.array(is_ok(view) ? 2 : 0);
  if (is_ok(view)) {
    call.reply.integer(0);
    call.reply.integer(kSlots - 1);
  }
  call.reply.bulk("nodes");
  call.reply.array(view.peers.size());
  const std::string& type = call.node.config.text("cluster-preferred-endpoint-type");
  for (const PeerView* peer : leader_first(view)) write_shard_node(view, *peer, type, call.reply);
}

void my_id(LocalCall& call) {
  if (!is_refused(call)) call.reply.bulk(node_name(call.node.options.self));
}

void key_slot(LocalCall& call) {
  if (!is_refused(call)) call.reply.integer(base::key_slot(call.argv[2]));
}

void count_keys_in_slot(LocalCall& call) {
  if (is_refused(call)) return;
  const auto slot = base::parse_integer(call.argv[2]);
  if (!slot) return call.reply.error(engine::errors::kNotInteger);
  if (*slot < 0 || *slot >= kSlots) return call.reply.error("ERR Invalid slot");
  call.reply.integer(static_cast<std::int64_t>(
      call.node.engine.count_keys_in_slot(static_cast<std::uint16_t>(*slot))));
}

void get_keys_in_slot(LocalCall& call) {
  if (is_refused(call)) return;
  const auto slot = base::parse_integer(call.argv[2]);
  const auto count = base::parse_integer(call.argv[3]);
  if (!slot || !count) return call.reply.error(engine::errors::kNotInteger);
  if (*slot < 0 || *slot >= kSlots || *count < 0)
    return call.reply.error("ERR Invalid slot or number of keys");
  const auto keys = call.node.engine.keys_in_slot(static_cast<std::uint16_t>(*slot),
                                                  static_cast<std::size_t>(*count));
  call.reply.array(keys.size());
  for (const std::string& key : keys) call.reply.bulk(key);
}

void replicas(LocalCall& call) {
  if (is_refused(call)) return;
  const ClusterView& view = call.node.cluster;
  const auto id = parse_node_name(call.argv[2]);
  const bool is_known = id && std::any_of(view.peers.begin(), view.peers.end(),
                                          [&](const PeerView& p) { return p.id == *id; });
  if (!is_known) return call.reply.error("ERR Unknown node " + std::string(call.argv[2]));
  if (*id != view.leader) return call.reply.error("ERR The specified node is not a master");
  call.reply.array(view.peers.size() - 1);
  for (const PeerView& peer : view.peers) {
    std::string line = node_line(view, peer);
    line.pop_back();
    if (peer.id != view.leader) call.reply.bulk(line);
  }
}

void write_link(const PeerView& peer, std::string_view direction, resp::ReplyWriter& reply) {
  const auto text = [&reply](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  reply.map(6);
  text("direction", direction);
  text("node", node_name(peer.id));
  reply.bulk("create-time");
  reply.integer(0);
  text("events", "rw");
  reply.bulk("send-buffer-allocated");
  reply.integer(0);
  reply.bulk("send-buffer-used");
  reply.integer(0);
}

void links(LocalCall& call) {
  if (is_refused(call)) return;
  std::size_t count = 0;
  for (const PeerView& peer : call.node.cluster.peers)
    count += !peer.is_self && peer.is_connected ? 2 : 0;
  call.reply.array(count);
  for (const PeerView& peer : call.node.cluster.peers) {
    if (peer.is_self || !peer.is_connected) continue;
    write_link(peer, "to", call.reply);
    write_link(peer, "from", call.reply);
  }
}

void role(LocalCall& call) {
  const ClusterView& view = call.node.cluster;
  const auto leader = std::find_if(view.peers.begin(), view.peers.end(),
                                   [&](const PeerView& p) { return p.id == view.leader; });
  resp::ReplyWriter& reply = call.reply;
  if (call.node.leadership.role == raft::Role::kLeader || leader == view.peers.end() ||
      leader->is_self || call.session.is_forwarded) {
    std::vector<const PeerView*> followers;
    for (const PeerView& peer : view.peers) {
      const bool is_shown = !peer.is_self && peer.is_connected && !call.session.is_forwarded;
      if (is_shown) followers.push_back(&peer);
    }
    reply.array(3);
    reply.bulk("master");
    reply.integer(static_cast<std::int64_t>(call.node.applied.value()));
    reply.array(followers.size());
    for (const PeerView* peer : followers) {
      reply.array(3);
      reply.bulk(peer->host);
      reply.bulk(std::to_string(peer->client_port));
      reply.bulk(std::to_string(peer->match.value()));
    }
    return;
  }
  reply.array(5);
  reply.bulk("slave");
  reply.bulk(leader->host);
  reply.integer(leader->client_port);
  reply.bulk(leader->is_connected ? "connected" : "connect");
  reply.integer(static_cast<std::int64_t>(call.node.applied.value()));
}

void time(LocalCall& call) {
  call.reply.array(2);
  call.reply.bulk(std::to_string(call.node.clocks.wall_ms / 1000));
  call.reply.bulk(std::to_string(call.node.clocks.wall_ms % 1000 * 1000 +
                                 call.node.clocks.now.time_since_epoch().count() % 1000));
}

constexpr CommandRow kClusterRows[] = {
    row("cluster", -2, 0, kNoKeys, {"Commands on the cluster.", "3.0.0"}),
    row("cluster|countkeysinslot", 3, kFlagStale, kNoKeys,
        {"Counts the keys of a slot.", "3.0.0", "O(1)"}, {.local = count_keys_in_slot}),
    row("cluster|getkeysinslot", 4, kFlagStale, kNoKeys, {"Lists keys of a slot.", "3.0.0"},
        {.local = get_keys_in_slot}, {.tips = "nondeterministic_output"}),
    row("cluster|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
    row("cluster|info", 2, kFlagStale, kNoKeys,
        {"Describes the state of the cluster.", "3.0.0", "O(1)"}, {.local = info},
        {.tips = "nondeterministic_output"}),
    row("cluster|keyslot", 3, kFlagStale, kNoKeys, {"Tells the slot of a key.", "3.0.0"},
        {.local = key_slot}),
    row("cluster|links", 2, kFlagStale, kNoKeys, {"Lists the links between the nodes.", "7.0.0"},
        {.local = links}, {.tips = "nondeterministic_output"}),
    row("cluster|myid", 2, kFlagStale, kNoKeys, {"Tells the id of this node.", "3.0.0", "O(1)"},
        {.local = my_id}),
    row("cluster|nodes", 2, kFlagStale, kNoKeys, {"Lists the nodes.", "3.0.0"}, {.local = nodes},
        {.tips = "nondeterministic_output"}),
    row("cluster|replicas", 3, kFlagAdmin | kFlagStale, kNoKeys,
        {"Lists the replicas of a node.", "5.0.0", "O(1)"}, {.local = replicas},
        {.tips = "nondeterministic_output"}),
    row("cluster|shards", 2, kFlagStale, kNoKeys, {"Describes the shards.", "7.0.0"},
        {.local = shards}, {.tips = "nondeterministic_output"}),
    row("cluster|slaves", 3, kFlagAdmin | kFlagStale, kNoKeys,
        {"Lists the replicas of a node.", "3.0.0", "O(1)"}, {.local = replicas},
        {.tips = "nondeterministic_output"}),
    row("cluster|slots", 2, kFlagStale, kNoKeys, {"Tells which nodes serve which slots.", "3.0.0"},
        {.local = slots}, {.tips = "nondeterministic_output"}),
    row("role", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Tells the role of the node.", "2.8.12", "O(1)"}, {.local = role},
        {.group = "server", .acl = kAclAdmin | kAclDangerous}),
    row("time", 1, kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Tells the time.", "2.6.0", "O(1)"}, {.local = time},
        {.group = "server", .tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kClusterFamily{"cluster", kClusterRows, kTraitAnyState};

}  // namespace node
