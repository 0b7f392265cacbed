#include "tests/raft/cluster.h"

#include <algorithm>
#include <stdexcept>

#include "base/crc.h"
#include "base/limits.h"

namespace raft_test {
namespace {

void demand(bool claim, const char* property) {
  if (!claim) throw std::logic_error(property);
}

std::string payload_of(const raft::Entry& entry) {
  const bool is_text = entry.kind != raft::EntryKind::kMembership;
  return std::to_string(entry.term.value()) + "/" +
         (is_text ? entry.payload : "members " + std::to_string(base::crc32c(entry.payload)));
}

}  // namespace

Cluster::Cluster(std::size_t count, std::uint64_t seed) : prng_(seed), nodes_(count) {
  raft::Membership membership{base::ClusterId(7), {}};
  for (std::size_t i = 0; i < count; ++i) {
    nodes_[i].id = NodeId(i + 1);
    membership.members.push_back({NodeId(i + 1), "node" + std::to_string(i + 1), true});
    met_.insert(NodeId(i + 1));
  }
  chosen_members_ = membership;
  for (Node& node : nodes_) {
    node.disk.snapshot.membership = node.disk.log_base.membership = membership;
    start(node);
  }
}

void Cluster::start(Node& node) {
  raft::Restored restored{.hard_state = node.disk.hard,
                          .snapshot = node.disk.snapshot,
                          .last_index = {},
                          .term_runs = {},
                          .memberships = {},
                          .has_amnesia = node.disk.has_amnesia};
  // A log that says otherwise at the snapshot's end gives way to it, as in node::recover.
  const bool says_otherwise =
      std::any_of(node.disk.log.begin(), node.disk.log.end(), [&](const auto& e) {
        return e->index == node.disk.snapshot.index && e->term != node.disk.snapshot.term;
      });
  if (says_otherwise) node.disk.log.clear();
  std::erase_if(node.disk.log, [&](const auto& e) { return e->index <= node.disk.snapshot.index; });
  if (!node.disk.log.empty() && node.disk.log.front()->index != node.disk.snapshot.index.next())
    node.disk.log.clear();
  restored.last_index =
      node.disk.log.empty() ? node.disk.snapshot.index : node.disk.log.back()->index;
  for (const auto& entry : node.disk.log) {
    if (restored.term_runs.empty() || restored.term_runs.back().term != entry->term)
      restored.term_runs.push_back({entry->index, entry->term});
    if (entry->kind == raft::EntryKind::kMembership) restored.memberships.push_back(entry);
  }
  raft::Options options{.self = node.id,
                        .seed = prng_.next(),
                        .append_bytes_max = 40,
                        .inflight_appends_max = 4,
                        .uncommitted_bytes_max = 100000,
                        .cache_bytes_max = 2000};
  if (prng_.chance(1, 4)) options.promotes_learners = false;
  node.core = std::make_unique<raft::Raft>(options, restored);
  node.state = node.disk.state;
  node.applied = node.disk.snapshot.index;
  node.members = node.disk.snapshot.membership;
  input(node, raft::Tick{});
}

void Cluster::crash(Node& node) {
  node.core.reset();
  // A batch under way may have reached the disk: any prefix of the persists can be there.
  while (!node.writing.empty() && prng_.chance(1, 2)) make_durable(node);
  node.writing.clear();
  node.incoming.clear();
  node.has_recalled = false;
}

// What was written and not synced is gone from some point on. Never so many nodes at a time that an
// entry may be gone everywhere: that much is promised to nobody.
void Cluster::lose_power(Node& node) {
  const auto forgetful =
      static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [&](const Node& n) {
        return n.disk.has_amnesia && n.id != node.id;
      }));
  const std::size_t most = faults_.member_change > 0 ? 1 : (nodes_.size() - 1) / 2;
  if (forgetful >= most) return;
  crash(node);
  Disk& disk = node.disk;
  const std::size_t before = disk.log.size();
  const raft::LogIndex last = disk.log.empty() ? disk.synced : disk.log.back()->index;
  if (last <= disk.synced) return;
  const raft::LogIndex kept(disk.synced.value() + prng_.below(last.value() - disk.synced.value()));
  std::erase_if(disk.log, [&](const auto& e) { return e->index > kept; });
  disk.has_amnesia = true;
  losses_ += disk.log.size() < before;
}

void Cluster::note_recall(Node& node) {
  if (!node.has_recalled || !node.writing.empty()) return;
  node.has_recalled = node.disk.has_amnesia = false;
  if (!node.disk.log.empty()) node.disk.synced = node.disk.log.back()->index;
}

void Cluster::input(Node& node, raft::Input in) {
  raft::Output out = node.core->step(now(), std::move(in));
  carry_out(node, out);
}

void Cluster::carry_out(Node& node, raft::Output& out) {
  for (const auto& message : out.messages) post(message);
  for (auto& persist : out.persists) {
    truncations_ += !persist.truncate_from.is_none();
    node.writing.push_back(std::move(persist));
  }
  if (out.role_change && out.role_change->role == raft::Role::kLeader) {
    const auto [at, is_new] = leaders_.emplace(out.role_change->term.value(), node.id);
    elections_ += is_new;
    demand(at->second == node.id, "election safety: two leaders in one term");
  }
  for (const auto& granted : out.reads) {
    ++reads_;
    demand(granted.index.value() >= read_floor_.at(granted.id),
           "linearizable read: granted below what was committed when asked");
  }
  node.has_recalled |= out.has_recalled;
  note_recall(node);
  const auto committed = out.committed;
  const auto before = node.applied;
  apply(node, committed);
  if (node.applied != before) input(node, raft::Applied{node.applied});
  for (const auto& read : out.entry_reads) {
    std::vector<raft::EntryPtr> entries;
    for (const auto& entry : node.disk.log) {
      if (entry->index >= read.first && entry->index <= read.last) entries.push_back(entry);
    }
    if (!entries.empty() && entries.front()->index != read.first) entries.clear();
    input(node, raft::EntriesRead{read.first, entries});
  }
  for (const auto& read : out.snapshot_reads) {
    constexpr std::size_t kChunkPayloads = 20;
    const auto& state = node.disk.state;
    const std::size_t from = std::min(state.size(), read.sequence * kChunkPayloads);
    const std::size_t end = std::min(state.size(), from + kChunkPayloads);
    raft::SnapshotChunk chunk{read.to, node.disk.snapshot, read.sequence, end == state.size(), {}};
    for (std::size_t k = from; k < end; ++k) chunk.bytes += state[k] + ";";
    input(node, chunk);
  }
  for (const auto& write : out.snapshot_writes) {
    if (write.sequence == 0) node.incoming.clear();
    std::size_t from = 0;
    for (std::size_t end; (end = write.bytes.find(';', from)) != std::string::npos;
         from = end + 1) {
      node.incoming.push_back(write.bytes.substr(from, end - from));
    }
    if (write.is_last) {
      ++installs_;
      node.disk.state = node.state = node.incoming;
      node.disk.snapshot = write.meta;
      node.applied = write.meta.index;
      node.members = write.meta.membership;
    }
    input(node, raft::SnapshotStored{write.meta.index, write.sequence, write.is_last});
  }
}

void Cluster::make_durable(Node& node) {
  raft::Persist persist = std::move(node.writing.front());
  node.writing.pop_front();
  Disk& disk = node.disk;
  if (persist.reset_to) disk.log.clear(), disk.log_base = *persist.reset_to;
  if (!persist.truncate_from.is_none())
    std::erase_if(disk.log, [&](const auto& e) { return e->index >= persist.truncate_from; });
  for (auto& entry : persist.entries) disk.log.push_back(std::move(entry));
  const bool has_members =
      std::any_of(disk.log.begin(), disk.log.end(), [&](const raft::EntryPtr& e) {
        return e->index > disk.synced && e->kind == raft::EntryKind::kMembership;
      });
  const bool is_synced = persist.hard_state || persist.reset_to ||
                         !persist.truncate_from.is_none() || has_members || prng_.chance(1, 20);
  if (is_synced) disk.synced = disk.log.empty() ? disk.log_base.index : disk.log.back()->index;
  if (persist.hard_state) disk.hard = *persist.hard_state;
  note_recall(node);
  if (!node.core) return;
  for (const auto& message : persist.after_durable) post(message);
  input(node, raft::Durable{persist.sequence});
}

void Cluster::apply(Node& node, raft::LogIndex committed) {
  while (node.applied < committed) {
    const auto next = node.applied.next();
    auto entries = node.core->entries(next, next, 1);
    raft::EntryPtr entry = entries.empty() ? nullptr : entries.front();
    for (const auto& on_disk : node.disk.log) {
      if (entry == nullptr && on_disk->index == next) entry = on_disk;
    }
    if (entry == nullptr) return;
    node.applied = next;
    node.applied_term = entry->term;
    node.state.push_back(payload_of(*entry));
    if (entry->kind == raft::EntryKind::kMembership)
      node.members = raft::decode_membership(entry->payload).value();
    if (entry->kind == raft::EntryKind::kMembership && next.value() > chosen_.size()) {
      chosen_members_ = node.members;
      for (const raft::Member& member : node.members.members) met_.insert(member.id);
    }
    if (chosen_.size() < next.value()) chosen_.push_back(node.state.back());
    demand(node.state.size() == next.value(), "log matching: state and index disagree");
    demand(chosen_[next.value() - 1] == node.state.back(),
           "state machine safety: two entries committed at one index");
  }
}

void Cluster::checkpoint(Node& node) {
  if (node.applied <= node.disk.snapshot.index) return;
  raft::EntryPtr last;
  for (const auto& entry : node.disk.log) {
    if (entry->index == node.applied && entry->term == node.applied_term) last = entry;
  }
  if (last == nullptr) return;  // not durable here yet
  node.disk.snapshot.index = node.applied;
  node.disk.snapshot.term = last->term;
  node.disk.snapshot.membership = node.members;
  ++node.disk.snapshot.generation;
  node.disk.state = node.state;
  input(node, raft::Checkpointed{node.disk.snapshot});
}

void Cluster::post(const raft::Message& message) {
  const auto is_isolated = [this](NodeId id) {
    return isolated_ && &node_of(id) == &nodes_[*isolated_];
  };
  if (is_isolated(message.from) || is_isolated(message.to)) return;
  const auto coded = raft::decode_message(raft::encode_message(message));
  demand(coded.has_value(), "codec: a message does not decode");
  const unsigned copies = prng_.chance(faults_.loss_percent, 100)     ? 0
                          : prng_.chance(faults_.repeat_percent, 100) ? 2
                                                                      : 1;
  for (unsigned i = 0; i < copies; ++i) {
    const auto delay = 1 + static_cast<std::int64_t>(
                               prng_.below(static_cast<std::uint64_t>(faults_.delay_ms_max)));
    flying_.push_back({now_ms_ + delay, ++order_, *coded});
  }
}

Node* Cluster::leader() {
  Node* found = nullptr;
  for (Node& node : nodes_) {
    if (node.core && node.core->role() == raft::Role::kLeader &&
        (!found || node.core->term() > found->core->term()))
      found = &node;
  }
  return found;
}

void Cluster::tick(const Faults& faults) {
  faults_ = faults;
  ++now_ms_;
  std::vector<Flying> due;
  std::erase_if(flying_,
                [&](Flying& f) { return f.at <= now_ms_ ? (due.push_back(f), true) : false; });
  for (Flying& flying : due) {
    Node& node = node_of(flying.message.to);
    if (node.core && node.id == flying.message.to && node.paused_until <= now())
      input(node, raft::Received{std::move(flying.message)});
  }
  if (faults.member_change > 0) look_for_removed();
  for (Node& node : nodes_) {
    if (!node.core) {
      if (prng_.chance(1, 300)) start(node);
      continue;
    }
    if (prng_.chance(faults.crash_permille, 10000)) {
      crash(node);
      continue;
    }
    if (prng_.chance(faults.power_permille, 10000)) {
      lose_power(node);
      continue;
    }
    if (node.paused_until > now()) continue;
    if (prng_.chance(faults.pause_permille, 10000))
      node.paused_until = now() + base::milliseconds(900);
    if (!node.writing.empty() && prng_.chance(1, static_cast<std::uint64_t>(faults.disk_ms_max)))
      make_durable(node);
    if (node.core->next_deadline() <= now()) input(node, raft::Tick{});
    if (prng_.chance(faults.checkpoint_permille, 1000)) checkpoint(node);
    disturb(node, faults);
    if (prng_.chance(faults.propose_percent, 100))
      input(node,
            raft::Propose{next_payload_, raft::EntryKind::kBatch, std::to_string(next_payload_)}),
          ++next_payload_;
    if (prng_.chance(faults.read_percent, 100)) {
      read_floor_[next_read_] = chosen_.size();
      input(node, raft::ReadTicket{next_read_++});
    }
  }
}

void Cluster::disturb(Node& node, const Faults& faults) {
  const NodeId other = nodes_[prng_.below(nodes_.size())].id;
  if (prng_.chance(faults.transfer, 10000)) input(node, raft::Transfer{});
  if (prng_.chance(faults.link_loss, 10000)) input(node, raft::PeerLost{other});
  if (prng_.chance(faults.stream_loss, 10000)) input(node, raft::SnapshotFailed{other});
  if (prng_.chance(faults.stream_loss, 10000)) input(node, raft::SnapshotFailed{NodeId()});
  if (prng_.chance(faults.member_change, 10000)) change_members(node);
  if (prng_.chance(faults.member_change, 20000))  // whatever each believes of the others
    input(node, raft::PeerWish{other, prng_.chance(9, 10)});
}

// Asked of anyone: only a leader does it. Most of the time all are members, so that there is
// something to remove.
void Cluster::change_members(Node& node) {
  Node& other = nodes_[prng_.below(nodes_.size())];
  const raft::Member* member = node.core->membership().find(other.id);
  raft::ChangeMembership asked{.id = next_payload_++, .change = {}};
  if (member == nullptr && !met_.contains(other.id)) {
    asked.change = raft::AddLearner{other.id, "node" + std::to_string(other.id.value())};
  } else if (member != nullptr && !member->is_voter) {
    asked.change = raft::PromoteLearner{other.id};
  } else if (prng_.chance(1, 12)) {
    asked.change = raft::DemoteVoter{other.id};
  } else if (prng_.chance(1, 4)) {
    asked.change = raft::SetAddress{other.id, std::to_string(asked.id)};
  } else if (node.core->membership().voter_count() > 2 || prng_.chance(1, 8)) {
    asked.change = raft::RemoveMember{other.id};
  } else {
    return;
  }
  const auto before = node.core->last_index();
  input(node, asked);
  member_changes_ += node.core && node.core->last_index() > before;
}

// Whose removal is committed comes again after a while, as another.
void Cluster::look_for_removed() {
  for (Node& node : nodes_) {
    node.is_out = chosen_members_.find(node.id) == nullptr && met_.contains(node.id);
    if (node.is_out && prng_.chance(1, 400)) begin_new_life(node);
  }
}

void Cluster::begin_new_life(Node& node) {
  ++lives_;
  const NodeId next(node.id.value() + nodes_.size());
  node = Node{};
  node.id = next;
  node.disk.snapshot.membership.cluster = node.disk.log_base.membership.cluster =
      base::ClusterId(7);
  start(node);
}

void Cluster::run(std::int64_t ms, const Faults& faults) {
  for (std::int64_t i = 0; i < ms; ++i) tick(faults);
}

bool Cluster::converges(std::int64_t ms) {
  isolated_.reset();
  for (Node& node : nodes_) {
    if (!node.core) start(node);
  }
  const Faults calm{.propose_percent = 1, .read_percent = 1};
  run(ms, calm);
  const std::size_t before = chosen_.size();
  run(ms, calm);
  const Node* first = leader();
  if (first == nullptr || chosen_.size() <= before) return false;
  const std::vector<raft::Member>& members = first->core->membership().members;
  return std::all_of(members.begin(), members.end(), [&](const raft::Member& member) {
    const Node& node = node_of(member.id);
    return node.core && node.id == member.id && node.applied.value() > before;
  });
}

}  // namespace raft_test
