// The commands of a transcript; tests/raft/testdata/README.md describes them.
#include <algorithm>
#include <sstream>
#include <utility>

#include "tests/raft/transcript.h"

namespace raft_test {
namespace {

std::uint64_t number(const std::string& word) { return std::stoull(word); }
NodeId node_id(const std::string& word) { return NodeId(number(word)); }

std::vector<std::string> split(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace

std::string Transcript::run(const std::string& command) {
  out_.clear();
  Words words = split(command);
  is_quiet_ = !words.empty() && words.front() == "quietly";
  if (is_quiet_) words.erase(words.begin());
  const bool is_known = !words.empty() && (run_input(words) || run_network(words));
  is_quiet_ = false;
  if (!is_known) line("error: unknown command");
  return out_;
}

// "option NAME VALUE", before "nodes".
void Transcript::set_option(const Words& words) {
  const std::uint64_t value = number(words.at(2));
  if (words[1] == "append-bytes") options_.append_bytes_max = value;
  if (words[1] == "inflight") options_.inflight_appends_max = value;
  if (words[1] == "uncommitted-bytes") options_.uncommitted_bytes_max = value;
  if (words[1] == "cache-bytes") options_.cache_bytes_max = value;
  if (words[1] == "catch-up-bytes") options_.catch_up_bytes_max = value;
  if (words[1] == "promote-learners") options_.promotes_learners = value != 0;
}

// "nodes VOTERS [LEARNERS]"
void Transcript::make_nodes(const Words& words) {
  if (options_.append_bytes_max == 0) options_.append_bytes_max = 1000;
  if (options_.inflight_appends_max == 0) options_.inflight_appends_max = 4;
  if (options_.uncommitted_bytes_max == 0) options_.uncommitted_bytes_max = 10000;
  if (options_.cache_bytes_max == 0) options_.cache_bytes_max = 100000;
  const std::uint64_t voters = number(words.at(1));
  const std::uint64_t learners = words.size() > 2 ? number(words[2]) : 0;
  founders_.cluster = base::ClusterId(7);
  for (std::uint64_t id = 1; id <= voters + learners; ++id)
    founders_.members.push_back({NodeId(id), "node" + std::to_string(id), id <= voters});
  is_quiet_ = true;
  for (std::uint64_t id = 1; id <= voters + learners; ++id) {
    machines_[NodeId(id)].snapshot.membership = founders_;
    start({"start", std::to_string(id)});
  }
  is_quiet_ = false;
  now_us_ += 10'000'000;  // nobody holds its vote back because it has just started
}

Transcript::Machine& Transcript::machine(const std::string& word) {
  return machines_.at(node_id(word));
}

void Transcript::start(const Words& words) {
  Machine& found = machine(words.at(1));
  raft::Options options = options_;
  options.self = node_id(words[1]);
  options.seed = number(words[1]);
  found.core = std::make_unique<raft::Raft>(options, restored(found));
  found.applied = found.state;
  found.committed = found.discardable = found.snapshot.index;
  input(options.self, raft::Applied{});
}

void Transcript::crash(const Words& words) {
  Machine& found = machine(words.at(1));
  found.core.reset();
  found.writing.clear();
  found.reads.clear();
  found.incoming.clear();
  for (auto& [link, messages] : links_)
    if (link.ends_with(">" + words[1])) messages.clear();
}

// "power-cut N LAST": as crash, and of its log only entries up to LAST were synced.
void Transcript::cut_power(const Words& words) {
  crash(words);
  Machine& found = machine(words.at(1));
  std::erase_if(found.log,
                [&](const auto& entry) { return entry->index.value() > number(words.at(2)); });
  found.has_amnesia = true;
}

void Transcript::checkpoint(const Words& words) {
  Machine& found = machine(words.at(1));
  found.snapshot.index = found.committed;
  for (const raft::EntryPtr& entry : found.log) {
    if (entry->index == found.committed) found.snapshot.term = entry->term;
    if (entry->index <= found.committed && entry->kind == raft::EntryKind::kMembership)
      found.snapshot.membership = raft::decode_membership(entry->payload).value();
  }
  ++found.snapshot.generation;
  found.state = found.applied;
  input(node_id(words[1]), raft::Checkpointed{found.snapshot});
  if (!is_quiet_)
    line("  " + words[1] + " keeps the log after " + std::to_string(found.discardable.value()));
}

// "add LEADER NODE", "promote LEADER NODE", "remove LEADER NODE", "move LEADER NODE ADDRESS"
bool Transcript::change_members(const Words& words) {
  const std::string& verb = words[0];
  raft::ChangeMembership asked{.id = ++proposals_, .change = {}};
  if (verb == "add") {
    asked.change = raft::AddLearner{node_id(words.at(2)), "node" + words[2]};
    if (machines_.try_emplace(node_id(words[2])).second) start({"start", words[2]});
  } else if (verb == "promote") {
    asked.change = raft::PromoteLearner{node_id(words.at(2))};
  } else if (verb == "remove") {
    asked.change = raft::RemoveMember{node_id(words.at(2))};
  } else if (verb == "move") {
    asked.change = raft::SetAddress{node_id(words.at(2)), words.at(3)};
  } else {
    return false;
  }
  input(node_id(words.at(1)), asked);
  return true;
}

bool Transcript::run_input(const Words& words) {
  const std::string& verb = words[0];
  const NodeId id = words.size() > 1 && std::isdigit(words[1][0]) ? node_id(words[1]) : NodeId();
  if (verb == "timeout") {
    const auto deadline = machine(words.at(1)).core->next_deadline();
    now_us_ = std::max<std::int64_t>(now_us_, deadline.time_since_epoch().count());
    input(id, raft::Tick{});
  } else if (verb == "tick") {
    input(id, raft::Tick{});
  } else if (verb == "propose") {
    for (std::size_t i = 2; i < words.size(); ++i)
      input(id, raft::Propose{++proposals_, raft::EntryKind::kBatch, words[i]});
  } else if (verb == "read") {
    input(id, raft::ReadTicket{number(words.at(2))});
  } else if (verb == "wish") {
    input(id, raft::PeerWish{.peer = node_id(words.at(2)), .wants_vote = words.at(3) == "yes"});
  } else if (verb == "transfer") {
    input(id, raft::Transfer{words.size() > 2 ? node_id(words[2]) : NodeId()});
  } else if (verb == "lost") {
    input(id, raft::PeerLost{node_id(words.at(2))});
  } else if (verb == "campaign") {
    input(id, raft::Campaign{});
  } else if (verb == "stuck" || verb == "answers") {
    input(id, raft::MayLead{verb == "answers"});
  } else if (verb == "checkpoint") {
    checkpoint(words);
  } else {
    return change_members(words);
  }
  return true;
}

bool Transcript::run_network(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "nodes") return make_nodes(words), true;
  if (verb == "option") return set_option(words), true;
  if (verb == "deliver") return deliver(words), true;
  if (verb == "drop") return drop(words), true;
  if (verb == "repeat" || verb == "last-first") return shuffle(words), true;
  if (verb == "sync") return sync(words), true;
  if (verb == "crash") return crash(words), true;
  if (verb == "power-cut") return cut_power(words), true;
  if (verb == "start") return start(words), true;
  if (verb == "show") return show(words), true;
  if (verb == "beat") return beat(words), true;
  if (verb == "slow") return machine(words.at(1)).is_slow = true, true;
  if (verb == "cut") return cut_off_.push_back(node_id(words.at(1))), true;
  if (verb == "heal") return cut_off_.clear(), true;
  if (verb == "pass") return now_us_ += 1000 * static_cast<std::int64_t>(number(words.at(1))), true;
  return false;
}

// "deliver": all links until nothing moves; "deliver A>B [COUNT]": that link.
void Transcript::deliver(const Words& words) {
  if (words.size() > 1) {
    std::uint64_t count = words.size() > 2 ? number(words[2]) : links_[words[1]].size();
    while (count-- > 0 && deliver_one(words[1])) {
    }
    return;
  }
  for (bool has_moved = true; has_moved;) {
    has_moved = false;
    std::vector<std::string> names;
    for (const auto& [link, messages] : links_) names.push_back(link);
    for (const std::string& link : names) has_moved |= deliver_one(link);
  }
}

// "beat LEADER NODE": heartbeats and their answers, quietly, until NODE's time is up next.
void Transcript::beat(const Words& words) {
  const bool was_quiet = std::exchange(is_quiet_, true);
  const raft::Raft& leader = *machine(words.at(1)).core;
  const raft::Raft& other = *machine(words.at(2)).core;
  for (int i = 0; i < 1000 && leader.next_deadline() < other.next_deadline(); ++i) {
    run_input({"timeout", words[1]});
    deliver({"deliver"});
  }
  is_quiet_ = was_quiet;
}

void Transcript::drop(const Words& words) {
  if (words.size() == 1) return links_.clear();
  auto& waiting = links_[words[1]];
  std::uint64_t count = words.size() > 2 ? number(words[2]) : waiting.size();
  for (; count > 0 && !waiting.empty(); --count) waiting.pop_front();
}

// "repeat A>B": the first message on the link is there twice, once again at its end; "last-first
// A>B": the last message overtakes all.
void Transcript::shuffle(const Words& words) {
  auto& waiting = links_[words.at(1)];
  if (waiting.empty()) return line("error: nothing is under way");
  if (words[0] == "repeat") return waiting.push_back(waiting.front());
  waiting.push_front(waiting.back());
  waiting.pop_back();
}

// "sync N [COUNT]": writes of a slow disk become durable, all if no count; "sync N fast": and the
// disk is slow no more.
void Transcript::sync(const Words& words) {
  Machine& found = machine(words.at(1));
  const bool becomes_fast = words.size() > 2 && words[2] == "fast";
  if (becomes_fast) found.is_slow = false;
  std::uint64_t count = words.size() > 2 && !becomes_fast ? number(words[2]) : found.writing.size();
  for (; count > 0 && !found.writing.empty(); --count) finish_write(node_id(words[1]));
  answer_reads(node_id(words[1]), std::exchange(found.reads, {}));
}

// "show [N ...]": role, term, leader, log and what is applied.
void Transcript::show(const Words& words) {
  for (auto& [id, found] : machines_) {
    const std::string who = std::to_string(id.value());
    if (words.size() > 1 && std::find(words.begin() + 1, words.end(), who) == words.end()) continue;
    if (found.core == nullptr) {
      line("  " + who + " is down");
      continue;
    }
    const raft::Raft& core = *found.core;
    std::string text = "  " + who + " " + std::string(role_name(core.role())) + " term " +
                       std::to_string(core.term().value()) + " commit " +
                       std::to_string(core.committed().value()) + " log ";
    text += std::to_string(found.discardable.value() + 1) + ".." +
            std::to_string(core.last_index().value()) + " state";
    for (const std::string& payload : found.applied) text += " " + payload;
    line(text + (core.has_amnesia() ? " (has amnesia)" : ""));
    for (const raft::PeerProgress& peer : core.progress())
      line("    " + std::to_string(peer.id.value()) + ": match " +
           std::to_string(peer.match.value()) + " next " + std::to_string(peer.next.value()) +
           (peer.is_receiving_snapshot ? " receiving a snapshot" : "") +
           (peer.is_voter ? "" : " learner") + (peer.is_forgetful ? " forgetful" : ""));
  }
}

}  // namespace raft_test
