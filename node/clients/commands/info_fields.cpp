// Fields of Redis 7.0's INFO that monitoring tools look for: true where this node has the figure, 0
// (or what Redis says of a thing that never happened) where the thing does not exist here: forks,
// copy on write, active defragmentation, tracking, I/O threads.
#include <algorithm>
#include <string>

#include "node/clients/commands/info_text.h"
#include "node/clients/commands/local_command.h"

namespace node {
namespace {

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

std::int64_t difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
}

void zeros(InfoText& text, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) text.number(name, 0);
}

std::uint64_t client_bytes(const LocalCall& call) {
  std::uint64_t bytes = 0;
  call.node.sessions.for_each([&bytes](const Session& session) {
    bytes += sizeof session + session.input.capacity() + session.output.capacity() +
             session.operations.bytes() + session.multi.queued().bytes();
  });
  return bytes;
}

void add_script_fields(const engine::ScriptFacts& facts, InfoText& text) {
  const std::uint64_t interpreters = facts.script_memory + facts.function_memory;
  const std::uint64_t sources = facts.script_bytes + facts.library_bytes;
  text.number("used_memory_vm_eval", facts.script_memory)
      .number("used_memory_scripts_eval", facts.script_bytes)
      .number("number_of_functions", facts.functions)
      .number("number_of_libraries", facts.libraries)
      .number("used_memory_vm_functions", facts.function_memory)
      .number("used_memory_vm_total", interpreters)
      .human("used_memory_vm_total_human", interpreters)
      .number("used_memory_functions", facts.library_bytes)
      .number("used_memory_scripts", sources)
      .human("used_memory_scripts_human", sources);
}

}  // namespace

void add_memory_fields(const LocalCall& call, std::uint64_t used_bytes, InfoText& text) {
  const ProcessFacts& process = call.node.process;
  const std::uint64_t dataset = call.node.engine.memory_bytes();
  const std::uint64_t since_start =
      used_bytes > process.startup_bytes ? used_bytes - process.startup_bytes : 0;
  text.number("used_memory_startup", process.startup_bytes);
  text.real("used_memory_dataset_perc", std::min(100.0, 100 * ratio(dataset, since_start)), "%");
  text.number("allocator_resident", process.allocator_resident_bytes);
  add_script_fields(call.node.engine.script_facts(), text);
  text.real("allocator_frag_ratio", ratio(process.active_bytes, process.allocated_bytes));
  text.signed_number("allocator_frag_bytes",
                     difference(process.active_bytes, process.allocated_bytes));
  text.real("allocator_rss_ratio", ratio(process.allocator_resident_bytes, process.active_bytes));
  text.signed_number("allocator_rss_bytes",
                     difference(process.allocator_resident_bytes, process.active_bytes));
  text.real("rss_overhead_ratio", ratio(process.resident_bytes, process.allocator_resident_bytes));
  text.signed_number("rss_overhead_bytes",
                     difference(process.resident_bytes, process.allocator_resident_bytes));
  text.signed_number("mem_fragmentation_bytes", difference(process.resident_bytes, used_bytes));
  zeros(text, {"mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves"});
  text.number("mem_clients_normal", client_bytes(call));
  zeros(text, {"mem_cluster_links", "mem_aof_buffer"});
}

void add_persistence_fields(InfoText& text) {
  zeros(text, {"current_cow_peak", "current_cow_size", "current_cow_size_age"});
  text.real("current_fork_perc", 0);
  zeros(text, {"current_save_keys_processed", "current_save_keys_total", "rdb_last_cow_size",
               "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded"});
  text.signed_number("aof_last_rewrite_time_sec", -1)
      .signed_number("aof_current_rewrite_time_sec", -1);
  zeros(text, {"aof_rewrites", "aof_rewrites_consecutive_failures", "aof_last_cow_size",
               "module_fork_in_progress", "module_fork_last_cow_size"});
}

void add_stats_fields(const LocalCall& call, InfoText& text) {
  zeros(text, {"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  text.real("instantaneous_input_repl_kbps", 0).real("instantaneous_output_repl_kbps", 0);
  text.real("expired_stale_perc", 0);
  const Broker& broker = call.node.broker;
  text.number("pubsubshard_channels", broker.subscriptions().count(ChannelKind::kShard))
      .number("pubsub_missed_messages", broker.missed())
      .number("pubsub_unsent_messages", broker.unsent());
  const Tracking& tracking = call.node.tracking;
  text.number("tracking_total_keys", tracking.keys())
      .number("tracking_total_items", tracking.items())
      .number("tracking_total_prefixes", tracking.prefixes());
  zeros(text, {"expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds",
               "migrate_cached_sockets", "slave_expires_tracked_keys", "active_defrag_hits",
               "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
               "total_active_defrag_time", "current_active_defrag_time", "unexpected_error_replies",
               "dump_payload_sanitizations"});
  text.number("total_reads_processed", call.node.statistics.reads)
      .number("total_writes_processed", call.node.statistics.writes);
  zeros(text, {"io_threaded_reads_processed", "io_threaded_writes_processed",
               "reply_buffer_shrinks", "reply_buffer_expands"});
}

void add_replication_fields(const LocalCall& call, InfoText& text) {
  text.line("master_replid2", std::string(40, '0')).signed_number("second_repl_offset", -1);
  text.number("repl_backlog_active", 0)
      .signed_number("repl_backlog_size", call.node.config.integer("repl-backlog-size"));
  zeros(text, {"repl_backlog_first_byte_offset", "repl_backlog_histlen"});
}

}  // namespace node
