#include "service_fixture.h"

#include <gtest/gtest.h>

#include <sstream>

namespace node::testing {

World::World(const Given& given) : is_loopback_(given.is_loopback) {
  Config config;
  auto loaded = config.load_arguments(given.settings);
  EXPECT_TRUE(loaded.ok());
  EXPECT_TRUE(config.finish().ok());
  ServiceOptions options;
  options.self = kSelf;
  options.epoch = 77;
  options.seed = 5;
  options.checkpoint = given.checkpoint;
  service = std::make_unique<Service>(std::move(options), std::move(config));
}

base::ConnectionId World::connect(Door door) {
  const base::ConnectionId client(next_client_++);
  ConnectInfo info;
  info.door = door;
  info.remote_address = "127.0.0.1:50000";
  info.local_address = "127.0.0.1:7001";
  info.is_loopback = is_loopback_;
  (void)service->on_connect(client, info);
  clients_.push_back(client);
  return client;
}

std::string World::say(base::ConnectionId client, std::string_view bytes) {
  service->on_bytes(client, bytes);
  settle();
  return received(client);
}

std::string World::say(std::string_view bytes) {
  if (clients_.empty()) connect();
  return say(clients_.front(), bytes);
}

std::string World::received(base::ConnectionId client) { return std::exchange(inbox_[client], {}); }

void World::lead(std::uint64_t term, bool is_sole_voter, bool was_handed_over) {
  current_term = term;
  service->receive(FromConsensus(Leadership{.group = base::kFirstGroup,
                                            .term = base::Term(term),
                                            .role = raft::Role::kLeader,
                                            .leader = kSelf,
                                            .is_sole_voter = is_sole_voter,
                                            .was_handed_over = was_handed_over}));
  settle();
}

void World::follow(std::uint64_t term, base::NodeId leader) {
  current_term = term;
  service->receive(FromConsensus(Leadership{.group = base::kFirstGroup,
                                            .term = base::Term(term),
                                            .role = raft::Role::kFollower,
                                            .leader = leader,
                                            .is_sole_voter = false}));
  settle();
}

void World::show_cluster(base::LogIndex match_of_other, bool is_other_connected) {
  ClusterView view;
  view.is_born = true;
  PeerView self;
  self.id = kSelf;
  self.host = "10.0.0.1";
  self.client_port = 7001;
  self.is_self = true;
  PeerView other;
  other.id = kOther;
  other.host = "10.0.0.2";
  other.client_port = 7002;
  other.match = match_of_other;
  other.is_connected = is_other_connected;
  view.peers = {self, other};
  service->receive(FromConsensus(std::move(view)));
  settle();
}

void World::place(const ProposeBatch& batch) {
  last_index = last_index.next();
  service->receive(FromConsensus(BatchProposed{.group = base::kFirstGroup,
                                               .id = batch.id,
                                               .index = last_index,
                                               .term = base::Term(current_term)}));
  auto entry = std::make_shared<raft::Entry>();
  entry->index = last_index;
  entry->term = base::Term(current_term);
  entry->kind = raft::EntryKind::kBatch;
  entry->payload = batch.payload;
  placed_.push_back(std::move(entry));
}

void World::commit_all() {
  if (placed_.empty()) return;
  Committed message{.group = base::kFirstGroup,
                    .entries = {placed_.begin(), placed_.end()},
                    .commit = last_index};
  placed_.clear();
  history.insert(history.end(), message.entries.begin(), message.entries.end());
  service->receive(FromConsensus(std::move(message)));
}

void World::commit_foreign(std::uint64_t term, raft::EntryKind kind, std::string payload) {
  last_index = last_index.next();
  auto entry = std::make_shared<raft::Entry>();
  entry->index = last_index;
  entry->term = base::Term(term);
  entry->kind = kind;
  entry->payload = std::move(payload);
  placed_.push_back(std::move(entry));
  commit_all();
}

void World::lose_log_after(base::LogIndex index) {
  while (!placed_.empty() && placed_.back()->index > index) placed_.pop_back();
  last_index = index;
}

ProposeBatch World::take_proposal() {
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (auto* batch = std::get_if<ProposeBatch>(&asked[i])) {
      ProposeBatch taken = std::move(*batch);
      asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(i));
      return taken;
    }
  }
  ADD_FAILURE() << "no proposal";
  return {};
}

bool World::answer(ToConsensus& message) {
  if (auto* batch = std::get_if<ProposeBatch>(&message)) {
    if (!answers_proposals) return false;
    place(*batch);
    return true;
  }
  if (auto* read = std::get_if<AskRead>(&message)) {
    if (!grants_reads) return false;
    service->receive(
        FromConsensus(ReadReady{.group = base::kFirstGroup, .id = read->id, .index = last_index}));
    return true;
  }
  if (auto* told = std::get_if<TellApplied>(&message)) {
    if (!told->report.index.is_none()) told_reports.push_back(told->report);
    return true;
  }
  if (auto* watch = std::get_if<WatchProgress>(&message)) {
    if (!tells_progress) return false;
    Progress progress{.group = base::kFirstGroup, .id = watch->id, .matches = {}};
    if (progress_of_other) progress.matches.emplace_back(kOther, *progress_of_other);
    service->receive(FromConsensus(std::move(progress)));
    return true;
  }
  return std::holds_alternative<AppliedUpTo>(message);
}

bool World::answer(ToState& message) {
  if (std::holds_alternative<CheckpointBegin>(message)) {
    unfinished = stored;
  } else if (auto* rows = std::get_if<CheckpointRows>(&message)) {
    if (!writes_checkpoints) return false;
    std::size_t bytes = 0;
    for (const std::uint64_t keyspace : rows->dropped_keyspaces) {
      std::erase_if(unfinished,
                    [keyspace](const auto& row) { return row.first.keyspace == keyspace; });
    }
    for (const base::Row& row : rows->rows) {
      bytes += row.body.size();
      if (row.body.empty()) {
        unfinished.erase(row.key);
      } else {
        unfinished[row.key] = row.body;
      }
    }
    service->receive(FromState(RowsWritten{.bytes = bytes}));
  } else if (auto* finish = std::get_if<CheckpointFinish>(&message)) {
    if (!writes_checkpoints) return false;
    stored = unfinished;
    stored_meta = finish->meta;
    service->receive(FromState(CheckpointDone{.group = base::kFirstGroup, .meta = finish->meta}));
  } else if (auto* load = std::get_if<LoadPage>(&message)) {
    if (!writes_checkpoints) return false;
    constexpr std::size_t kRowsPerPage = 3;
    LoadedPage page;
    auto at = load->after ? stored.upper_bound(*load->after) : stored.begin();
    for (; at != stored.end() && page.page.rows.size() < kRowsPerPage; ++at)
      page.page.rows.push_back({at->first, at->second});
    page.page.is_last = at == stored.end();
    service->receive(FromState(std::move(page)));
  }
  return true;
}

bool World::answer() {
  bool has_moved = false;
  std::vector<ToConsensus> for_consensus = std::exchange(asked, {});
  for (ToConsensus& message : for_consensus) {
    if (answer(message)) {
      has_moved = true;
    } else {
      asked.push_back(std::move(message));
    }
  }
  std::vector<ToState> for_state = std::exchange(to_state, {});
  for (ToState& message : for_state) {
    if (answer(message)) {
      has_moved = true;
    } else {
      to_state.push_back(std::move(message));
    }
  }
  if (commits && !placed_.empty()) {
    commit_all();
    has_moved = true;
  }
  return has_moved;
}

void World::drain_output() {
  if (reads_slowly) return;
  for (const base::ConnectionId client : clients_) {
    const std::string_view unsent = service->unsent(client);
    if (unsent.empty()) continue;
    inbox_[client].append(unsent);
    service->on_written(client, unsent.size());
  }
}

void World::turn() {
  last_output = service->turn(clocks);
  for (auto& message : last_output.to_consensus) {
    proposals += std::holds_alternative<ProposeBatch>(message) ? 1 : 0;
    rounds += std::holds_alternative<AskRead>(message) ? 1 : 0;
    asked.push_back(std::move(message));
  }
  for (auto& message : last_output.to_state) to_state.push_back(std::move(message));
  closed.insert(closed.end(), last_output.closes.begin(), last_output.closes.end());
  killed.insert(killed.end(), last_output.kills.begin(), last_output.kills.end());
  paused.insert(paused.end(), last_output.pauses.begin(), last_output.pauses.end());
  resumed.insert(resumed.end(), last_output.resumes.begin(), last_output.resumes.end());
  lines.insert(lines.end(), last_output.lines.begin(), last_output.lines.end());
  slept += last_output.sleep;
  wants_shutdown |= last_output.wants_shutdown;
  wants_users_file |= last_output.wants_users_file;
  if (last_output.users_to_save) users_to_save = last_output.users_to_save;
  if (last_output.fatal) fatal = last_output.fatal;
  drain_output();
}

void World::settle() {
  for (int turns = 0; turns < 100'000; ++turns) {
    turn();
    const bool has_moved = answer();
    if (!has_moved && last_output.next_deadline > clocks.now && last_output.sleep.count() == 0 &&
        !service->wants_turn())
      return;
  }
  ADD_FAILURE() << "the machine does not come to rest";
}

void World::pass(base::Duration duration) {
  clocks.now += duration;
  clocks.wall_ms += std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  settle();
}

std::string request(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

std::string command(std::string_view words) {
  std::istringstream in{std::string(words)};
  std::vector<std::string> parts;
  for (std::string word; in >> word;) parts.push_back(word);
  return request(parts);
}

}  // namespace node::testing
