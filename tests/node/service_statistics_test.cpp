// What INFO counts of commands: calls, rejected, failed, by the side of Redis 7.0, which was asked
// the same (each expectation is what it said).
#include <gtest/gtest.h>

#include "counted_commands.h"

namespace node::testing {
namespace {

std::string counted(World& world) { return counted_commands(world, {"info", "config|resetstat"}); }

std::string counted_after(World& world, std::string_view words) {
  const auto client = world.connect();
  world.say("FLUSHALL\r\nCONFIG RESETSTAT\r\n");
  world.say(client, words);
  return counted(world);
}

World leader(bool is_sole_voter = true) {
  World world;
  world.lead(1, is_sole_voter);
  world.say("PING\r\n");
  return world;
}

TEST(ServiceStatisticsTest, ACommandThatIsNotCarriedOutIsRejected) {
  World world = leader();
  EXPECT_EQ(
      counted_after(world, "GET\r\nSET a\r\nNOSUCH\r\nCONFIG NOPE\r\nCONFIG\r\nCONFIG SET\r\n"),
      "config 0 1 0\nconfig|set 0 1 0\nget 0 1 0\nset 0 1 0\nERR 6\n");
}

TEST(ServiceStatisticsTest, ACommandThatAnswersAnErrorHasFailed) {
  for (const bool is_sole_voter : {true, false}) {  // reads at once, and behind evidence
    World world = leader(is_sole_voter);
    EXPECT_EQ(
        counted_after(world, "SET a 1\r\nLPUSH a x\r\nINCR a\r\nGETRANGE a x y\r\nHGET a b\r\n"),
        "getrange 1 0 1\nhget 1 0 1\nincr 1 0 0\nlpush 1 0 1\nset 1 0 0\nERR 1\n"
        "WRONGTYPE 2\n");
    EXPECT_EQ(counted_after(world,
                            "PING a b\r\nSELECT 99\r\nCLIENT REPLY x\r\nAUTH x\r\nCONFIG SET nope "
                            "1\r\nOBJECT ENCODING nokey\r\n"),
              "auth 1 0 1\nclient|reply 1 0 1\nconfig|set 1 0 1\nobject|encoding 1 0 0\n"
              "ping 1 0 1\nselect 1 0 1\nERR 5\n");
  }
}

TEST(ServiceStatisticsTest, ErrorsThatNobodySeesCountToo) {
  World world = leader();
  EXPECT_EQ(counted_after(world, "CLIENT REPLY OFF\r\nLPUSH\r\nINCR a\r\nSET a x\r\nINCR a\r\n"),
            "client|reply 1 0 0\nincr 2 0 1\nlpush 0 1 0\nset 1 0 0\nERR 2\n");
}

TEST(ServiceStatisticsTest, TheCommandsOfATransactionCountWhenItIsCarriedOut) {
  World world = leader();
  EXPECT_EQ(counted_after(world, "MULTI\r\nSET a 1\r\nLPUSH a x\r\nGET a\r\nHGET a x\r\nEXEC\r\n"),
            "exec 1 0 0\nget 1 0 0\nhget 1 0 1\nlpush 1 0 1\nmulti 1 0 0\nset 1 0 0\n"
            "WRONGTYPE 2\n");
  EXPECT_EQ(counted_after(world, "MULTI\r\nGET a\r\nGETRANGE a x y\r\nEXEC\r\n"),
            "exec 1 0 0\nget 1 0 0\ngetrange 1 0 1\nmulti 1 0 0\nERR 1\n");
  EXPECT_EQ(counted_after(world, "MULTI\r\nCLIENT GETNAME\r\nCONFIG SET nope 1\r\nEXEC\r\n"),
            "client|getname 1 0 0\nconfig|set 1 0 1\nexec 1 0 0\nmulti 1 0 0\nERR 1\n");
  EXPECT_EQ(counted_after(world, "MULTI\r\nGET\r\nSET a 1\r\nEXEC\r\n"),
            "exec 1 0 1\nget 0 1 0\nmulti 1 0 0\nERR 1\nEXECABORT 1\n");
  EXPECT_EQ(counted_after(world,
                          "MULTI\r\nSET a 1\r\nDISCARD\r\nEXEC\r\nDISCARD\r\nMULTI\r\nMULTI\r\n"
                          "WATCH a\r\nEXEC\r\n"),
            "discard 2 0 1\nexec 2 0 1\nmulti 3 0 1\nwatch 1 0 1\nERR 4\n");
  EXPECT_EQ(counted_after(world, "WATCH a\r\nSET a 2\r\nMULTI\r\nGET a\r\nEXEC\r\n"),
            "exec 1 0 0\nmulti 1 0 0\nset 1 0 0\nwatch 1 0 0\n");
}

TEST(ServiceStatisticsTest, OneThatWaitsIsOneCallAndFailsIfItIsEnded) {
  World world = leader();
  const auto waiter = world.connect();
  world.say("CONFIG RESETSTAT\r\n");
  const std::string id = world.say(waiter, "CLIENT ID\r\n");
  world.say(waiter, "BLPOP l 0\r\n");
  world.say("RPUSH l x\r\n");
  world.say(waiter, "XREAD BLOCK 0 STREAMS s $\r\n");
  world.say("XADD t * a b\r\nXADD s * a b\r\n");
  world.say(waiter, "BLPOP l 1\r\n");
  world.pass(base::milliseconds(1100));
  world.say(waiter, "BLPOP l 0\r\n");
  world.say("CLIENT UNBLOCK " + id.substr(1, id.size() - 3) + " ERROR\r\n");
  EXPECT_EQ(counted(world),
            "blpop 3 0 1\nclient|id 1 0 0\nclient|unblock 1 0 0\nrpush 1 0 0\nxadd 2 0 0\n"
            "xread 1 0 0\nUNBLOCKED 1\n");
}

TEST(ServiceStatisticsTest, QuitIsACommand) {
  World world = leader();
  EXPECT_EQ(counted_after(world, "QUIT\r\n"), "quit 1 0 0\n");
}

TEST(ServiceStatisticsTest, WhatOnlyTheLeaderDoesIsRejectedElsewhere) {
  World world(Given{.settings = {"--cluster-enabled", "yes"}});
  world.follow(1, kOther);
  world.show_cluster();
  world.say("CONFIG RESETSTAT\r\n");
  EXPECT_EQ(world.say("SET a 1\r\nMULTI\r\nSET a 1\r\nEXEC\r\n").substr(0, 6), "-MOVED");
  EXPECT_EQ(counted(world), "exec 1 0 1\nmulti 1 0 0\nset 0 2 0\nEXECABORT 1\nMOVED 2\n");
}

// The field names of INFO everything in Redis 7.0.15, but for the lines of keys, commands and
// errors.
TEST(ServiceStatisticsTest, InfoHasEveryFieldOfRedis) {
  constexpr std::string_view kFields =
      "redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits "
      "monotonic_clock multiplexing_api atomicvar_api gcc_version process_id process_supervised "
      "run_id tcp_port server_time_usec uptime_in_seconds uptime_in_days hz configured_hz "
      "lru_clock executable config_file io_threads_active connected_clients cluster_connections "
      "maxclients client_recent_max_input_buffer client_recent_max_output_buffer "
      "blocked_clients tracking_clients clients_in_timeout_table used_memory used_memory_human "
      "used_memory_rss used_memory_rss_human used_memory_peak used_memory_peak_human "
      "used_memory_peak_perc used_memory_overhead used_memory_startup used_memory_dataset "
      "used_memory_dataset_perc allocator_allocated allocator_active allocator_resident "
      "total_system_memory total_system_memory_human used_memory_lua used_memory_vm_eval "
      "used_memory_lua_human used_memory_scripts_eval number_of_cached_scripts "
      "number_of_functions number_of_libraries used_memory_vm_functions used_memory_vm_total "
      "used_memory_vm_total_human used_memory_functions used_memory_scripts "
      "used_memory_scripts_human maxmemory maxmemory_human maxmemory_policy "
      "allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes "
      "rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes "
      "mem_not_counted_for_evict mem_replication_backlog mem_total_replication_buffers "
      "mem_clients_slaves mem_clients_normal mem_cluster_links mem_aof_buffer mem_allocator "
      "active_defrag_running lazyfree_pending_objects loading async_loading current_cow_peak "
      "current_cow_size current_cow_size_age current_fork_perc current_save_keys_processed "
      "current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress "
      "rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec "
      "rdb_current_bgsave_time_sec rdb_saves rdb_last_cow_size rdb_last_load_keys_expired "
      "rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled "
      "aof_last_rewrite_time_sec aof_current_rewrite_time_sec aof_last_bgrewrite_status "
      "aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size "
      "module_fork_in_progress module_fork_last_cow_size total_connections_received "
      "total_commands_processed instantaneous_ops_per_sec total_net_input_bytes "
      "total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes "
      "instantaneous_input_kbps instantaneous_output_kbps instantaneous_input_repl_kbps "
      "instantaneous_output_repl_kbps rejected_connections sync_full sync_partial_ok "
      "sync_partial_err expired_keys expired_stale_perc expired_time_cap_reached_count "
      "expire_cycle_cpu_milliseconds evicted_keys evicted_clients total_eviction_exceeded_time "
      "current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels "
      "pubsub_patterns pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets "
      "slave_expires_tracked_keys active_defrag_hits active_defrag_misses "
      "active_defrag_key_hits active_defrag_key_misses total_active_defrag_time "
      "current_active_defrag_time tracking_total_keys tracking_total_items "
      "tracking_total_prefixes unexpected_error_replies total_error_replies "
      "dump_payload_sanitizations total_reads_processed total_writes_processed "
      "io_threaded_reads_processed io_threaded_writes_processed reply_buffer_shrinks "
      "reply_buffer_expands role connected_slaves master_failover_state master_replid "
      "master_replid2 master_repl_offset second_repl_offset repl_backlog_active "
      "repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen used_cpu_sys "
      "used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread "
      "used_cpu_user_main_thread cluster_enabled";
  World world = leader();
  const std::string text = world.say("INFO everything\r\n");
  std::istringstream fields{std::string(kFields)};
  for (std::string name; fields >> name;)
    EXPECT_NE(text.find("\n" + name + ":"), std::string::npos) << name;
}

}  // namespace
}  // namespace node::testing
