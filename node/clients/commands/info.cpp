// INFO: Redis 7.0's sections and field names, and "# Raft". What tools look for and this node has
// little to say of is in info_fields.cpp.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "base/number.h"
#include "engine/context/context.h"
#include "node/clients/commands/info_text.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/member_fields.h"
#include "node/clients/commands/registry.h"
#include "node/clients/doors.h"
#include "node/clients/sentinel/commands.h"
#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr std::string_view kRedisVersion = "7.0.15";

using Text = InfoText;

std::int64_t seconds(base::Duration duration) { return duration.count() / 1000000; }
bool is_leader(const Facilities& node) { return node.leadership.role == raft::Role::kLeader; }

const PeerView* find_leader(const Facilities& node) {
  for (const PeerView& peer : node.cluster.peers) {
    if (peer.id == node.cluster.leader) return &peer;
  }
  return nullptr;
}

std::string server(const LocalCall& call) {
  const Facilities& node = call.node;
  const auto up_s = seconds(node.clocks.now - node.statistics.started);
  Text text("Server");
  text.line("redis_version", kRedisVersion)
      .line("redis_git_sha1", "00000000")
      .number("redis_git_dirty", 0);
  text.line("redis_build_id", node.options.build_id).line("quorate_version", node.options.version);
  text.line("redis_mode", mode_at(call.session.info.door, call.session.speaks_cluster))
      .line("os", node.options.os);
  text.number("arch_bits", 8 * sizeof(void*))
      .line("monotonic_clock", "POSIX clock_gettime")
      .line("multiplexing_api", "epoll");
  text.line("atomicvar_api", "c11-builtin").line("gcc_version", node.options.compiler);
  text.number("process_id", node.options.process_id)
      .line("process_supervised", "no")
      .line("run_id", node.options.run_id);
  text.signed_number("tcp_port",
                     node.config.integer(manners_of(call.session.info.door).port_directive));
  text.line("server_time_usec", std::to_string(node.clocks.wall_ms * 1000));
  text.signed_number("uptime_in_seconds", up_s).signed_number("uptime_in_days", up_s / 86400);
  text.number("hz", 10)
      .number("configured_hz", 10)
      .number("lru_clock", static_cast<std::uint64_t>(node.clocks.wall_ms / 1000) & 0xFFFFFF);
  text.line("executable", node.options.executable)
      .line("config_file", node.options.config_file)
      .number("io_threads_active", 0);
  return text.take();
}

std::string clients(const LocalCall& call) {
  std::size_t input_max = 0, output_max = 0, blocked = 0;
  call.node.sessions.for_each([&](const Session& session) {
    input_max = std::max(input_max, session.input.capacity());
    output_max = std::max(output_max, session.output.capacity());
    blocked += session.is_blocked() || session.parsing.stall() == Stall::kPaused ? 1 : 0;
  });
  Text text("Clients");
  text.number("connected_clients", call.node.sessions.size());
  text.number("cluster_connections",
              call.node.cluster.peers.empty() ? 0 : 2 * (call.node.cluster.peers.size() - 1));
  text.number("maxclients", call.node.config.hot().maxclients);
  text.number("client_recent_max_input_buffer", input_max)
      .number("client_recent_max_output_buffer", output_max);
  text.number("blocked_clients", blocked)
      .number("tracking_clients", call.node.tracking.clients())
      .number("clients_in_timeout_table", 0);
  return text.take();
}

std::uint64_t milliseconds_of(base::Duration duration) {
  return static_cast<std::uint64_t>(duration.count() / 1000);
}

std::string memory(const LocalCall& call) {
  const Facilities& node = call.node;
  const std::uint64_t dataset = node.engine.memory_bytes();
  const std::uint64_t used = used_bytes(node);
  const std::uint64_t peak = std::max(node.statistics.peak_memory_bytes, used);
  Text text("Memory");
  text.number("used_memory", used).human("used_memory_human", used);
  text.number("used_memory_rss", node.process.resident_bytes)
      .human("used_memory_rss_human", node.process.resident_bytes);
  text.number("used_memory_peak", peak).human("used_memory_peak_human", peak);
  text.real("used_memory_peak_perc",
            peak == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(peak), "%");
  text.number("used_memory_overhead", used > dataset ? used - dataset : 0)
      .number("used_memory_dataset", dataset);
  text.number("total_system_memory", node.process.total_system_bytes)
      .human("total_system_memory_human", node.process.total_system_bytes);
  const auto scripts = node.engine.script_facts();
  text.number("used_memory_lua", scripts.script_memory)
      .human("used_memory_lua_human", scripts.script_memory)
      .number("number_of_cached_scripts", scripts.scripts);
  text.number("maxmemory", node.config.hot().maxmemory)
      .human("maxmemory_human", node.config.hot().maxmemory);
  text.line("maxmemory_policy", node.config.text("maxmemory-policy"))
      .number("mem_not_counted_for_evict", used > dataset ? used - dataset : 0);
  text.real(
      "mem_fragmentation_ratio",
      used == 0 ? 0 : static_cast<double>(node.process.resident_bytes) / static_cast<double>(used));
  text.number("allocator_allocated", node.process.allocated_bytes)
      .number("allocator_active", node.process.active_bytes);
  text.line("mem_allocator", node.process.allocator)
      .number("active_defrag_running", 0)
      .number("lazyfree_pending_objects", 0)
      .number("lazyfreed_objects", node.engine.statistics().lazyfreed_objects);
  add_memory_fields(call, used, text);
  return text.take();
}

std::string persistence(const LocalCall& call) {
  const Facilities& node = call.node;
  const CheckpointStatus& checkpoint = node.checkpoint;
  const LoadingStatus& loading = node.loading;
  Text text("Persistence");
  text.number("loading", loading.is_loading ? 1 : 0).number("async_loading", 0);
  text.number("rdb_changes_since_last_save", node.engine.changes() - checkpoint.changes_at_begin)
      .number("rdb_bgsave_in_progress", checkpoint.is_running ? 1 : 0);
  text.signed_number("rdb_last_save_time", checkpoint.last_done_ms / 1000);
  text.line("rdb_last_bgsave_status", checkpoint.was_last_ok ? "ok" : "err");
  text.signed_number("rdb_last_bgsave_time_sec", checkpoint.last_seconds);
  text.signed_number("rdb_current_bgsave_time_sec",
                     checkpoint.is_running ? seconds(node.clocks.now - checkpoint.started) : -1);
  text.number("rdb_saves", checkpoint.count)
      .number("aof_enabled", 1)
      .number("aof_rewrite_in_progress", 0);
  text.number("aof_rewrite_scheduled", 0)
      .line("aof_last_bgrewrite_status", "ok")
      .line("aof_last_write_status", "ok");
  text.number("aof_current_size", node.cluster.log_bytes);
  add_persistence_fields(text);
  if (!loading.is_loading) return text.take();
  const double part = loading.total_bytes == 0 ? 0
                                               : static_cast<double>(loading.loaded_bytes) /
                                                     static_cast<double>(loading.total_bytes);
  text.signed_number("loading_start_time", loading.started_ms / 1000)
      .number("loading_total_bytes", loading.total_bytes);
  text.number("loading_loaded_bytes", loading.loaded_bytes).real("loading_loaded_perc", 100 * part);
  const auto elapsed = seconds(node.clocks.now - loading.started);
  text.signed_number(
      "loading_eta_seconds",
      part > 0 ? static_cast<std::int64_t>(static_cast<double>(elapsed) * (1 - part) / part) : 1);
  return text.take();
}

std::string stats(const LocalCall& call) {
  const Statistics& node = call.node.statistics;
  const engine::Statistics& engine = call.node.engine.statistics();
  Text text("Stats");
  text.number("total_connections_received", node.connections_received)
      .number("total_commands_processed", node.commands_processed);
  text.number("instantaneous_ops_per_sec", node.commands_per_second)
      .number("total_net_input_bytes", node.input_bytes);
  text.number("total_net_output_bytes", node.output_bytes);
  text.real("instantaneous_input_kbps", static_cast<double>(node.input_bytes_per_second) / 1024);
  text.real("instantaneous_output_kbps", static_cast<double>(node.output_bytes_per_second) / 1024);
  text.number("rejected_connections", node.connections_rejected)
      .number("sync_full", call.node.cluster.snapshots_sent);
  text.number("sync_partial_ok", 0)
      .number("sync_partial_err", 0)
      .number("expired_keys", engine.expired_keys);
  const MemoryShortage& shortage = call.node.shortage;
  const base::Duration exceeded =
      shortage.since == base::Instant{} ? base::Duration{} : call.node.clocks.now - shortage.since;
  text.number("evicted_keys", engine.evicted_keys)
      .number("evicted_clients", 0)
      .number("total_eviction_exceeded_time", milliseconds_of(shortage.before + exceeded))
      .number("current_eviction_exceeded_time", milliseconds_of(exceeded));
  text.number("keyspace_hits", engine.keyspace_hits);
  text.number("keyspace_misses", engine.keyspace_misses)
      .number("pubsub_channels", call.node.broker.subscriptions().count(ChannelKind::kChannel))
      .number("pubsub_patterns", call.node.broker.subscriptions().count(ChannelKind::kPattern));
  text.number("latest_fork_usec", 0)
      .number("total_forks", 0)
      .number("total_error_replies", node.error_replies);
  add_stats_fields(call, text);
  return text.take();
}

std::string replication(const LocalCall& call) {
  const Facilities& node = call.node;
  const PeerView* leader = find_leader(node);
  const bool is_master =
      is_leader(node) || leader == nullptr || leader->is_self || call.session.is_forwarded;
  Text text("Replication");
  text.line("role", is_master ? "master" : "slave");
  std::size_t followers = 0;
  std::string list;
  for (const PeerView& peer : node.cluster.peers) {
    if (peer.is_self || !peer.is_connected || !is_master || call.session.is_forwarded) continue;
    list += "slave" + std::to_string(followers++) + ":ip=" + peer.host +
            ",port=" + std::to_string(peer.client_port) +
            ",state=online,offset=" + std::to_string(peer.match.value()) +
            ",lag=" + std::to_string(peer.lag_entries.value()) + "\r\n";
  }
  if (!is_master) {
    text.line("master_host", leader->host).number("master_port", leader->client_port);
    text.line("master_link_status", leader->is_connected ? "up" : "down")
        .number("master_last_io_seconds_ago", 0);
    text.number("master_sync_in_progress", node.loading.is_loading ? 1 : 0)
        .number("slave_repl_offset", node.applied.value());
    text.number("slave_priority", 100).number("slave_read_only", 1);
  }
  text.number("connected_slaves", followers);
  std::string out = text.take() + list;
  Text rest("");
  rest.line("master_failover_state", "no-failover")
      .line("master_replid", node_name(NodeId(node.cluster.cluster.value())));
  rest.number("master_repl_offset", node.applied.value());
  add_replication_fields(call, rest);
  return out + rest.take().substr(4);
}

std::string cpu(const LocalCall& call) {
  const ProcessFacts& process = call.node.process;
  char lines[512];
  // The main thread of Redis is the one that serves clients.
  std::snprintf(lines, sizeof lines,
                "# CPU\r\nused_cpu_sys:%.6f\r\nused_cpu_user:%.6f\r\n"
                "used_cpu_sys_children:0.000000\r\nused_cpu_user_children:0.000000\r\n"
                "used_cpu_sys_main_thread:%.6f\r\nused_cpu_user_main_thread:%.6f\r\n",
                process.system_cpu_s, process.user_cpu_s, process.service_system_cpu_s,
                process.service_user_cpu_s);
  return lines;
}

std::string modules(const LocalCall&) { return "# Modules\r\n"; }

std::string per_call(const CommandCalls& calls) {
  char digits[64];
  const auto count = static_cast<double>(std::max<std::uint64_t>(calls.calls, 1));
  std::snprintf(digits, sizeof digits, "%.2f", static_cast<double>(calls.microseconds) / count);
  return digits;
}

std::string latency_stats(const LocalCall& call) {
  Text text("Latencystats");
  for (const auto& [spec, calls] : call.node.statistics.commands.sorted()) {
    if (calls.calls == 0) continue;
    std::string line;
    for (const std::string& percent : call.node.config.list("latency-tracking-info-percentiles")) {
      const double wanted = base::parse_double(percent).value_or(0);
      line += (line.empty() ? "p" : ",p") + percent + "=" +
              std::to_string(calls.percentile_us(wanted)) + ".000";
    }
    text.line("latency_percentiles_usec_" + std::string(spec->name), line);
  }
  return text.take();
}

std::string command_stats(const LocalCall& call) {
  Text text("Commandstats");
  for (const auto& [spec, calls] : call.node.statistics.commands.sorted()) {
    text.line("cmdstat_" + std::string(spec->name),
              "calls=" + std::to_string(calls.calls) + ",usec=" +
                  std::to_string(calls.microseconds) + ",usec_per_call=" + per_call(calls) +
                  ",rejected_calls=" + std::to_string(calls.rejected) +
                  ",failed_calls=" + std::to_string(calls.failed));
  }
  return text.take();
}

std::string error_stats(const LocalCall& call) {
  Text text("Errorstats");
  for (const auto& [code, count] : call.node.statistics.errors)
    text.line("errorstat_" + code, "count=" + std::to_string(count));
  return text.take();
}

std::string cluster(const LocalCall& call) {
  return Text("Cluster").number("cluster_enabled", call.session.speaks_cluster ? 1 : 0).take();
}

std::string keyspace(const LocalCall& call) {
  Text text("Keyspace");
  for (const auto& database : call.node.engine.databases()) {
    text.line("db" + std::to_string(database.database),
              "keys=" + std::to_string(database.keys) +
                  ",expires=" + std::to_string(database.expires) +
                  ",avg_ttl=" + std::to_string(database.average_ttl_ms));
  }
  return text.take();
}

std::string raft_section(const LocalCall& call) {
  const ClusterView& view = call.node.cluster;
  Text text("Raft");
  const Leadership& now = call.node.leadership;
  const NodeId leader = now.leader.is_none() ? view.leader : now.leader;
  text.line("raft_node_id", node_name(call.node.options.self))
      .line("raft_role", role_name(now.role));
  text.number("raft_term", now.term.value())
      .line("raft_leader_id", leader.is_none() ? "" : node_name(leader));
  text.number("raft_commit_index", view.commit.value())
      .number("raft_applied_index", call.node.applied.value());
  text.number("raft_last_log_index", view.last.value())
      .number("raft_checkpoint_index", view.snapshot.value());
  text.number("raft_elections", view.elections).number("raft_snapshots_sent", view.snapshots_sent);
  text.number("raft_snapshots_installed", view.snapshots_installed)
      .number("raft_log_bytes", view.log_bytes)
      .number("raft_log_written_bytes", view.logged_bytes);
  text.number("raft_service_stalls", view.service_stalls);
  if (!view.is_born) text.line("raft_waiting_for", view.waiting_for);
  return text.take() + member_fields(view, "raft_");
}

struct Section {
  std::string_view name;
  std::string (*write)(const LocalCall&);
  bool is_default = true, is_of_data = true, is_of_sentinel = false;  // which doors have it
};
constexpr Section kSections[] = {{"server", server, true, true, true},
                                 {"clients", clients, true, true, true},
                                 {"memory", memory},
                                 {"persistence", persistence},
                                 {"stats", stats, true, true, true},
                                 {"replication", replication},
                                 {"cpu", cpu, true, true, true},
                                 {"modules", modules},
                                 {"commandstats", command_stats, false},
                                 {"errorstats", error_stats},
                                 {"latencystats", latency_stats, false},
                                 {"cluster", cluster},
                                 {"raft", raft_section},
                                 {"keyspace", keyspace},
                                 {"sentinel", sentinel::info_section, true, false, true}};

bool is_wanted(const LocalCall& call, const Section& section) {
  const bool is_of_data = manners_of(call.session.info.door).has_data;
  if (is_of_data ? !section.is_of_data : !section.is_of_sentinel) return false;
  if (call.argv.size() == 1) return section.is_default;
  return std::any_of(call.argv.begin() + 1, call.argv.end(), [&section](std::string_view word) {
    if (engine::equals_ignoring_case(word, "all") ||
        engine::equals_ignoring_case(word, "everything"))
      return true;
    if (engine::equals_ignoring_case(word, "default")) return section.is_default;
    return engine::equals_ignoring_case(word, section.name);
  });
}

void info(LocalCall& call) {
  std::string text;
  for (const Section& section : kSections) {
    if (!is_wanted(call, section)) continue;
    if (!text.empty()) text += "\r\n";
    text += section.write(call);
  }
  call.reply.verbatim("txt", text);
}

constexpr CommandRow kInfoRows[] = {
    row("info", -1, kFlagLoading | kFlagStale, kNoKeys,
        {"Describes the server in figures.", "1.0.0", "O(1)"}, {.local = info},
        {.acl = kAclDangerous,
         .tips = "nondeterministic_output request_policy:all_shards response_policy:special"}),
};

}  // namespace

constinit const Family kInfoFamily{"server", kInfoRows};

}  // namespace node
