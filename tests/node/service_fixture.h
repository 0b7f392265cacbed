// A service machine with a consensus, a state worker and clients made by hand. By default proposals
// are placed and committed at once and rounds are granted; a test that wants an outcome of its own
// takes the messages before they are answered.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/service.h"
#include "persistence/storage.h"

namespace node::testing {

inline constexpr base::NodeId kSelf{11};
inline constexpr base::NodeId kOther{22};

struct Given {
  std::vector<std::string> settings = {};  // "--name", "value", ...
  std::optional<raft::SnapshotMeta> checkpoint = {};
  bool is_loopback = true;
};

class World {
 public:
  explicit World(const Given& given = {});

  // ---- clients ----
  base::ConnectionId connect(Door door = Door::kPort);
  // Everything it has received since the last call, after the machine has come to rest.
  std::string say(base::ConnectionId client, std::string_view bytes);
  std::string say(std::string_view bytes);  // by the first client, connected on first use
  void send(base::ConnectionId client, std::string_view bytes) { service->on_bytes(client, bytes); }
  std::string received(base::ConnectionId client);
  bool reads_slowly = false;  // the driver writes nothing

  // ---- the other machines ----
  void lead(std::uint64_t term, bool is_sole_voter = true, bool was_handed_over = false);
  void follow(std::uint64_t term, base::NodeId leader);
  // What a node says about its peers: self at port 7001, the other at 7002.
  void show_cluster(base::LogIndex match_of_other = {}, bool is_other_connected = false);
  bool tells_progress = true;
  std::optional<base::LogIndex> progress_of_other;  // what WatchProgress learns
  bool answers_proposals = true, commits = true, grants_reads = true, writes_checkpoints = true;
  void place(const ProposeBatch& batch);  // BatchProposed
  void commit_all();                      // everything placed
  void commit_foreign(std::uint64_t term, raft::EntryKind kind, std::string payload);
  void lose_log_after(base::LogIndex index);  // what is behind it will be other entries
  ProposeBatch take_proposal();               // the oldest unanswered
  std::vector<ToConsensus> asked;             // not answered automatically
  std::vector<ToState> to_state;
  std::vector<AppliedReport> told_reports;  // about positions

  // ---- time ----
  void turn();
  void settle();  // turns until nothing moves
  void pass(base::Duration duration);

  std::unique_ptr<Service> service;
  base::Clocks clocks{.now = base::Instant(base::milliseconds(1'000'000)),
                      .wall_ms = 1'700'000'000'000};
  ServiceOutput last_output;
  std::vector<base::ConnectionId> closed, killed, paused, resumed;
  std::vector<LogLine> lines;
  std::size_t proposals = 0, rounds = 0;
  base::Duration slept{};
  bool wants_shutdown = false, wants_users_file = false;
  std::optional<std::string> users_to_save;
  std::optional<std::string> fatal;
  std::map<base::RowKey, std::string> stored;  // the state store
  std::map<base::RowKey, std::string> unfinished;
  raft::SnapshotMeta stored_meta;
  std::uint64_t current_term = 0;
  base::LogIndex last_index;
  std::vector<raft::EntryPtr> history;  // committed

 private:
  bool answer();
  bool answer(ToConsensus& message);
  bool answer(ToState& message);
  void drain_output();
  std::deque<raft::EntryPtr> placed_;
  std::map<base::ConnectionId, std::string> inbox_;
  std::vector<base::ConnectionId> clients_;
  std::uint64_t next_client_ = 1;
  bool is_loopback_;
};

// One command as RESP.
std::string request(const std::vector<std::string>& words);
// "SET a 1" split at blanks.
std::string command(std::string_view words);

}  // namespace node::testing
