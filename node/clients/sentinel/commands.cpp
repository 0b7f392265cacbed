#include "node/clients/sentinel/commands.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>

#include "engine/commands/families.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/info_text.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/sentinel/instance_fields.h"
#include "node/clients/sentinel/master_view.h"
#include "node/messages/node_name.h"

namespace node::sentinel {
namespace {

// How long the last leader is still named when nobody leads. A node that is cut off from the others
// would otherwise name it for ever, and clients that ask this node first would ask nobody else.
constexpr base::Duration kFormerMasterNamed = base::milliseconds(10'000);

const std::string& master_name(const LocalCall& call) {
  return call.node.config.text("sentinel-master-name");
}

// Without a master if it is not to be named (any more).
MasterView view_of(const LocalCall& call) {
  MasterView view = master_view(call.node.cluster, call.node.leadership);
  if (view.is_objectively_down && call.node.leaderless_for > kFormerMasterNamed)
    view.master.reset();
  return view;
}

// Of the master that the third word names; nullopt: it is not known here.
std::optional<MasterView> find_master(const LocalCall& call) {
  if (call.argv[2] != master_name(call)) return {};
  MasterView view = view_of(call);
  if (!view.master) return {};
  return view;
}

// The same; nullopt: the error is written.
std::optional<MasterView> require_master(LocalCall& call) {
  std::optional<MasterView> view = find_master(call);
  if (!view) call.reply.error("ERR No such master with that name");
  return view;
}

// -- the subcommands of SENTINEL

void masters(LocalCall& call) {
  const MasterView view = view_of(call);
  call.reply.array(view.master ? 1 : 0);
  if (view.master) write_master(master_name(call), view, call);
}

void master(LocalCall& call) {
  if (const auto view = require_master(call)) write_master(master_name(call), *view, call);
}

void replicas(LocalCall& call) {
  const auto view = require_master(call);
  if (!view) return;
  call.reply.array(view->replicas.size());
  for (const Instance& replica : view->replicas) write_replica(*view, replica, call);
}

void sentinels(LocalCall& call) {
  const auto view = require_master(call);
  if (!view) return;
  call.reply.array(view->sentinels.size());
  for (const Instance& other : view->sentinels) write_sentinel(other, call);
}

void master_address(LocalCall& call) {
  const auto view = find_master(call);
  if (!view) return call.reply.null_array();
  call.reply.array(2);
  call.reply.bulk(view->master->host);
  call.reply.bulk(std::to_string(view->master->port));
}

void check_quorum(LocalCall& call) {
  const auto view = require_master(call);
  if (!view) return;
  const std::string usable = std::to_string(view->linked_voters) + " usable Sentinels. ";
  if (view->has_quorum())
    return call.reply.status("OK " + usable + "Quorum and failover authorization can be reached");
  call.reply.error("NOQUORUM " + usable +
                   "Not enough available Sentinels to reach the specified quorum for this master. "
                   "Not enough available Sentinels to reach the majority and authorize a failover");
}

void my_id(LocalCall& call) { call.reply.bulk(node_name(call.node.options.self)); }

// What would change what a Redis Sentinel watches, or ask about its own affairs.
void not_here(LocalCall& call) {
  call.reply.error(
      "ERR not supported: a node watches and elects by itself and has no Sentinel to set up; "
      "CLUSTER FAILOVER at a data port hands over");
}

// -- the other commands that are different here

void role(LocalCall& call) {
  call.reply.array(2);
  call.reply.bulk("sentinel");
  call.reply.array(1);
  call.reply.bulk(master_name(call));
}

void publish(LocalCall& call) {
  call.reply.error("ERR Only HELLO messages are accepted by Sentinel instances.");
}

constexpr std::uint32_t kAsking = kFlagAdmin | kFlagLoading | kFlagStale;

constexpr CommandRow kSentinelRows[] = {
    row("publish", 3, kFlagPubsub | kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Refused: messages are published at data ports.", "2.0.0", "O(1)"}, {.local = publish},
        {.group = "pubsub"}),
    row("role", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast, kNoKeys,
        {"Tells the names of the masters.", "2.8.12", "O(1)"}, {.local = role},
        {.acl = kAclAdmin | kAclDangerous}),
    row("sentinel", -2, kFlagAdmin, kNoKeys, {"Tells where the leader is.", "2.8.4"}),
    row("sentinel|ckquorum", 3, kAsking, kNoKeys,
        {"Tells whether a majority of the nodes is linked.", "2.8.4"}, {.local = check_quorum}),
    row("sentinel|config", -3, kAsking, kNoKeys, {"Not supported.", "6.2.0"}, {.local = not_here}),
    row("sentinel|debug", -2, kAsking, kNoKeys, {"Not supported.", "7.0.0"}, {.local = not_here}),
    row("sentinel|failover", 3, kAsking, kNoKeys, {"Not supported.", "2.8.4"}, {.local = not_here}),
    row("sentinel|flushconfig", 2, kAsking, kNoKeys, {"Not supported.", "2.8.4"},
        {.local = not_here}),
    row("sentinel|get-master-addr-by-name", 3, kAsking, kNoKeys,
        {"Tells host and port of the leader.", "2.8.4"}, {.local = master_address}),
    row("sentinel|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "6.2.0", "O(1)"}, {.local = write_help}),
    row("sentinel|info-cache", -3, kAsking, kNoKeys, {"Not supported.", "3.2.0"},
        {.local = not_here}),
    row("sentinel|is-master-down-by-addr", 6, kAsking, kNoKeys, {"Not supported.", "2.8.4"},
        {.local = not_here}),
    row("sentinel|master", 3, kAsking, kNoKeys, {"Describes the leader as a master.", "2.8.4"},
        {.local = master}),
    row("sentinel|masters", 2, kAsking, kNoKeys,
        {"Describes the leader as the only master.", "2.8.4"}, {.local = masters}),
    row("sentinel|monitor", 6, kAsking, kNoKeys, {"Not supported.", "2.8.4"}, {.local = not_here}),
    row("sentinel|myid", 2, kAsking, kNoKeys, {"Tells the id of this node.", "6.2.0"},
        {.local = my_id}),
    row("sentinel|pending-scripts", 2, kAsking, kNoKeys, {"Not supported.", "2.8.4"},
        {.local = not_here}),
    row("sentinel|remove", 3, kAsking, kNoKeys, {"Not supported.", "2.8.4"}, {.local = not_here}),
    row("sentinel|replicas", 3, kAsking, kNoKeys,
        {"Describes the other nodes as replicas.", "5.0.0"}, {.local = replicas}),
    row("sentinel|reset", 3, kAsking, kNoKeys, {"Not supported.", "2.8.4"}, {.local = not_here}),
    row("sentinel|sentinels", 3, kAsking, kNoKeys,
        {"Lists the other nodes that have a sentinel port.", "2.8.4"}, {.local = sentinels}),
    row("sentinel|set", -5, kAsking, kNoKeys, {"Not supported.", "2.8.4"}, {.local = not_here}),
    row("sentinel|simulate-failure", -3, kAsking, kNoKeys, {"Not supported.", "3.2.0"},
        {.local = not_here}),
    row("sentinel|slaves", 3, kAsking, kNoKeys, {"Describes the other nodes as replicas.", "2.8.0"},
        {.local = replicas}),
};

constinit const Family kSentinelFamily{"sentinel", kSentinelRows, kTraitAnyState};

// -- the table

// Of the data doors' commands, with their subcommands.
constexpr std::string_view kAdmitted[] = {
    "acl",        "auth",         "client", "command", "hello",    "info",      "ping",
    "psubscribe", "punsubscribe", "quit",   "reset",   "shutdown", "subscribe", "unsubscribe"};

bool is_admitted(const CommandRow& row) {
  const std::string_view container = row.name.substr(0, row.name.find('|'));
  return std::find(std::begin(kAdmitted), std::end(kAdmitted), container) != std::end(kAdmitted);
}

// The families of a table, and what their rows lie in.
struct Families {
  std::deque<std::vector<CommandRow>> rows;
  std::deque<Family> shared;
  std::vector<const Family*> all = {&kSentinelFamily};

  Families() {
    for (const Family* family : engine::commands::families()) add(*family);
    for (const Family* family : families()) add(*family);
  }
  void add(const Family& family) {
    std::vector<CommandRow>& some = rows.emplace_back();
    std::copy_if(family.rows.begin(), family.rows.end(), std::back_inserter(some), is_admitted);
    all.push_back(&shared.emplace_back(Family{family.group, some, family.traits}));
  }
};

}  // namespace

const engine::CommandTable& commands() {
  static const Families families;
  static const engine::CommandTable table(
      std::initializer_list<engine::CommandTable::Families>{families.all});
  return table;
}

std::string info_section(const LocalCall& call) {
  const MasterView view = view_of(call);
  InfoText text("Sentinel");
  text.number("sentinel_masters", view.master ? 1 : 0)
      .number("sentinel_tilt", 0)
      .signed_number("sentinel_tilt_since_seconds", -1)
      .number("sentinel_running_scripts", 0);
  text.number("sentinel_scripts_queue_length", 0).number("sentinel_simulate_failure_flags", 0);
  if (!view.master) return text.take();
  const std::string_view up = view.master->is_down ? "sdown" : "ok";
  text.line("master0", "name=" + master_name(call) +
                           ",status=" + std::string(view.is_objectively_down ? "odown" : up) +
                           ",address=" + view.master->name() +
                           ",slaves=" + std::to_string(view.replicas.size()) +
                           ",sentinels=" + std::to_string(view.sentinels.size() + 1));
  return text.take();
}

}  // namespace node::sentinel
