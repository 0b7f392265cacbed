#include "node/consensus/group_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace node {
namespace {

// The entries of a write are of the leader of the term in which it is made.
Promise promise_of(const raft::Persist& persist, const raft::HardState& hard_state) {
  Promise promise{hard_state.term, hard_state.vote, LogIndex()};
  if (!persist.entries.empty()) promise.acknowledged = persist.entries.back()->index;
  for (const raft::Message& message : persist.after_durable) {
    const auto* reply = std::get_if<raft::AppendReply>(&message.body);
    if (reply != nullptr && reply->success && message.term == promise.term)
      promise.acknowledged = std::max(promise.acknowledged, reply->match);
  }
  return promise;
}

}  // namespace

GroupLog::GroupLog(GroupId group, std::uint64_t sequence, const raft::Restored& restored)
    : group_(group),
      sequence_(sequence),
      durable_last_(restored.last_index),
      promised_{restored.hard_state.term, restored.hard_state.vote, {}},
      discarded_(restored.log_base ? restored.log_base->index : restored.snapshot.index) {}

// -- appends

LogIndex GroupLog::last_after(const raft::Persist& persist) {
  LogIndex last = writing_.empty() ? durable_last_ : writing_.back().last;
  if (persist.reset_to) last = persist.reset_to->index;
  if (!persist.truncate_from.is_none()) {
    last = std::min(last, persist.truncate_from.previous());
    durable_last_ = std::min(durable_last_, last);  // not to be read any more
    for (Writing& earlier : writing_) earlier.last = std::min(earlier.last, last);
  }
  if (persist.entries.empty()) return last;
  CHECK(persist.entries.front()->index == last.next());
  return persist.entries.back()->index;
}

LogAppend GroupLog::append(raft::Persist& persist, const raft::HardState& hard_state) {
  writing_.push_back({.sequence = ++sequence_,
                      .raft_sequence = persist.sequence,
                      .last = last_after(persist),
                      .promise = promise_of(persist, hard_state),
                      .after_durable = std::move(persist.after_durable)});
  for (const raft::EntryPtr& entry : persist.entries) logged_bytes_ += entry->payload.size();
  return {.sequence = sequence_,
          .write = {.group = group_,
                    .reset_to = std::move(persist.reset_to),
                    .truncate_from = persist.truncate_from,
                    .entries = std::move(persist.entries),
                    .hard_state = persist.hard_state}};
}

std::optional<GroupLog::Written> GroupLog::take_written(std::uint64_t sequence) {
  if (writing_.empty() || writing_.front().sequence > sequence) return {};
  Writing done = std::move(writing_.front());
  writing_.pop_front();
  durable_last_ = done.last;
  add(promised_, done.promise);
  return Written{done.raft_sequence, std::move(done.after_durable)};
}

// Others can elect a leader though this disk is full.
std::vector<raft::Message> GroupLog::take_votes(std::uint64_t sequence) {
  std::vector<raft::Message> votes;
  for (Writing& writing : writing_) {
    if (writing.sequence > sequence) break;
    add(promised_, {writing.promise.term, writing.promise.vote, LogIndex()});
    std::erase_if(writing.after_durable, [&votes](raft::Message& promise) {
      const bool is_vote = std::holds_alternative<raft::VoteReply>(promise.body);
      if (is_vote) votes.push_back(std::move(promise));
      return is_vote;
    });
  }
  return votes;
}

// -- reads

LogRead GroupLog::read(ReadFor purpose, LogIndex first, LogIndex last, std::size_t bytes_max) {
  const LogIndex readable = std::min(last, durable_last_);
  CHECK(first <= readable);  // what is not on the disk yet is in the cache
  if (purpose == ReadFor::kDelivery) is_reading_for_delivery_ = true;
  reads_.push_back(purpose);
  return {.group = group_, .first = first, .last = readable, .bytes_max = bytes_max};
}

GroupLog::ReadFor GroupLog::take_read() {
  CHECK(!reads_.empty());
  const ReadFor purpose = reads_.front();
  reads_.pop_front();
  if (purpose == ReadFor::kDelivery) is_reading_for_delivery_ = false;
  return purpose;
}

std::optional<LogDiscard> GroupLog::discard(LogIndex through) {
  if (through <= discarded_) return {};
  discarded_ = through;
  return LogDiscard{group_, through};
}

}  // namespace node
