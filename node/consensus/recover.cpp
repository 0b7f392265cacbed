// At start the log is made to fit the state (DESIGN decision 18). A received state is durable
// before the log is reset behind it, so after a crash the state may be ahead of the log; the log is
// never ahead of a state that it has been cut for.
#include <algorithm>
#include <utility>

#include "node/consensus/consensus.h"
#include "node/messages/names.h"

namespace node {
namespace {

using persistence::LogContents;

base::Error do_not_fit(std::string detail) {
  return {.cause = base::Cause::kCorrupt,
          .operation = "recover",
          .object = "log and checkpoint",
          .detail = std::move(detail)};
}

std::string at(LogIndex index) { return std::to_string(index.value()); }

// Term of the entry at `index` as the log knows it, which may have only that of the entry before
// its first.
std::optional<Term> term_in(const LogContents& log, LogIndex index) {
  if (index.next() == log.first_index) return log.previous_term;
  if (index < log.first_index || index > log.last_index) return {};
  const auto after = std::find_if(log.term_runs.begin(), log.term_runs.end(),
                                  [index](const raft::TermRun& run) { return run.first > index; });
  if (after == log.term_runs.begin()) return {};
  return std::prev(after)->term;
}

// Where the log begins, if what lies before the snapshot can be told to followers that are late.
std::optional<raft::LogBase> base_of(const raft::SnapshotMeta& snapshot, const LogContents& log) {
  const raft::LogBase base{log.first_index.previous(), log.previous_term};
  const bool is_known = base.index.is_none() || !base.term.is_none();
  return is_known && base.index < snapshot.index ? std::optional(base) : std::nullopt;
}

// `snapshot` lies within the log.
raft::Restored restored_after(const raft::SnapshotMeta& snapshot, const LogContents& log) {
  raft::Restored restored{.hard_state = log.hard_state,
                          .snapshot = snapshot,
                          .last_index = std::max(snapshot.index, log.last_index),
                          .log_base = base_of(snapshot, log),
                          .term_runs = {},
                          .memberships = {},
                          .has_amnesia = log.has_amnesia};
  const LogIndex base = restored.log_base ? restored.log_base->index : snapshot.index;
  for (std::size_t i = 0; i < log.term_runs.size(); ++i) {
    const bool is_past = i + 1 < log.term_runs.size() && log.term_runs[i + 1].first <= base.next();
    if (is_past || base >= log.last_index) continue;
    restored.term_runs.push_back(
        {std::max(log.term_runs[i].first, base.next()), log.term_runs[i].term});
  }
  for (const raft::EntryPtr& entry : log.memberships) {
    if (entry->index > snapshot.index) restored.memberships.push_back(entry);
  }
  return restored;
}

// The log gives way to the state: it goes on behind it, empty.
Recovered reset_to(GroupId group, const raft::SnapshotMeta& checkpoint, const LogContents& log) {
  raft::HardState hard_state = log.hard_state;
  if (hard_state.term < checkpoint.term) hard_state = {.term = checkpoint.term, .vote = {}};
  Recovered recovered;
  recovered.restored = {.hard_state = hard_state,
                        .snapshot = checkpoint,
                        .last_index = checkpoint.index,
                        .log_base = {},
                        .term_runs = {},
                        .memberships = {},
                        .has_amnesia = log.has_amnesia};
  recovered.repairs.push_back({.group = group,
                               .reset_to = checkpoint,
                               .truncate_from = {},
                               .entries = {},
                               .hard_state = hard_state});
  return recovered;
}

base::Result<Recovered> recover_without_checkpoint(const LogContents& log) {
  if (!log.base.index.is_none() || log.first_index > LogIndex(1)) {
    return do_not_fit("the log begins at " + at(log.first_index) +
                      " but there is no checkpoint of what lies before it");
  }
  if (log.base.membership.members.empty() && !log.last_index.is_none()) {
    return do_not_fit("the log has " + at(log.last_index) + " entries but no founding membership");
  }
  return Recovered{.restored = restored_after(log.base, log), .repairs = {}};
}

}  // namespace

base::Result<Recovered> recover(GroupId group, const LogContents& log,
                                const std::optional<raft::SnapshotMeta>& checkpoint) {
  if (!log.term_runs.empty() && log.hard_state.term < log.term_runs.back().term) {
    return do_not_fit("the last entry is of term " +
                      std::to_string(log.term_runs.back().term.value()) +
                      " but the stored term is " + std::to_string(log.hard_state.term.value()));
  }
  if (!checkpoint) return recover_without_checkpoint(log);
  const raft::Membership& founded = log.base.membership;
  if (founded.members.empty())
    return do_not_fit("there is a checkpoint at " + at(checkpoint->index) + " but its log is gone");
  if (founded.cluster != checkpoint->membership.cluster) {
    return do_not_fit("the log is of cluster " + cluster_name(founded.cluster) +
                      ", the checkpoint of cluster " +
                      cluster_name(checkpoint->membership.cluster));
  }
  if (checkpoint->index.next() < log.first_index) {
    return do_not_fit("the checkpoint ends at " + at(checkpoint->index) +
                      " but the log begins at " + at(log.first_index));
  }
  if (checkpoint->index > log.last_index || term_in(log, checkpoint->index) != checkpoint->term) {
    return reset_to(group, *checkpoint, log);
  }
  return Recovered{.restored = restored_after(*checkpoint, log), .repairs = {}};
}

}  // namespace node
