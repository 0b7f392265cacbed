// The log worker: one write and one sync for all that gathered, reading back for those that lag,
// and what to do when the disk is full.
#include "node/disk/workers.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"

namespace node {

using base::Cause;
using base::Result;
using base::Status;
using persistence::LogWrite;

namespace {

constexpr std::uint64_t kEntryBytesMost = 256;  // in a batch, but for its payload, at least

bool has_entry_of(const LogWrite& write, raft::EntryKind kind) {
  return std::any_of(write.entries.begin(), write.entries.end(),
                     [kind](const raft::EntryPtr& entry) { return entry->kind == kind; });
}
bool truncates(const LogWrite& write) { return !write.truncate_from.is_none(); }

// What a node must not forget even where entries may be (DESIGN decision 20).
bool must_be_synced(const LogWrite& write) {
  return write.hard_state || write.reset_to || truncates(write) ||
         has_entry_of(write, raft::EntryKind::kMembership) ||
         has_entry_of(write, raft::EntryKind::kDissolve);
}

[[maybe_unused]] bool founds(const LogWrite& write) {
  return write.reset_to && write.reset_to->index.is_none();
}
[[maybe_unused]] bool follows_install(const LogWrite& write) {
  return write.reset_to && !write.reset_to->index.is_none();
}
[[maybe_unused]] bool votes(const LogWrite& write) {
  return write.hard_state && !write.hard_state->vote.is_none();
}
[[maybe_unused]] bool changes_members(const LogWrite& write) {
  return has_entry_of(write, raft::EntryKind::kMembership);
}

void pass_unwritten([[maybe_unused]] const LogWrite& write) {
  FAILPOINT_IF("birth.unwritten", founds(write));
  FAILPOINT_IF("vote.unwritten", votes(write));
  FAILPOINT_IF("truncation.unwritten", truncates(write));
}

void pass_durable([[maybe_unused]] const LogWrite& write) {
  FAILPOINT_IF("birth.durable", founds(write));
  FAILPOINT_IF("install.log-reset", follows_install(write));
  FAILPOINT_IF("vote.durable", votes(write));
  FAILPOINT_IF("truncation.durable", truncates(write));
  FAILPOINT_IF("membership.durable", changes_members(write));
}

}  // namespace

bool LogWorker::takes_at_once(const std::vector<ToLog>& requests) const {
  if (policy_ == SyncPolicy::kAlways || is_full_ || !waiting_.empty() || has_trust_) return false;
  std::uint64_t bytes = 0;
  for (const ToLog& request : requests) {
    const auto* append = std::get_if<LogAppend>(&request);
    if (append == nullptr || must_be_synced(append->write)) return false;
    for (const raft::EntryPtr& entry : append->write.entries)
      bytes += kEntryBytesMost + entry->payload.size();
  }
  return storage_.takes_at_once(bytes);
}

Result<std::vector<FromLog>> LogWorker::handle(std::vector<ToLog> requests) {
  std::vector<FromLog> answers;
  for (const ToLog& request : requests) {
    const auto* asked = std::get_if<LogRead>(&request);
    if (asked == nullptr) continue;
    if (Status status = read(*asked, answers); !status) return status.error();
  }
  for (const ToLog& request : requests) {
    has_trust_ |= std::holds_alternative<LogTrust>(request);
    const auto* changed = std::get_if<LogSyncPolicy>(&request);
    if (changed == nullptr) continue;
    if (Status status = change_policy(changed->policy); !status) return status.error();
  }
  bool has_appends = false;
  for (ToLog& request : requests) {
    auto* append = std::get_if<LogAppend>(&request);
    if (append == nullptr) continue;
    gather(std::move(*append));
    has_appends = true;
  }
  if (has_appends) {
    const bool may_fit = !is_full_ || !has_waiting_entries();
    if (Status status = may_fit ? flush(answers) : write_votes(answers); !status)
      return status.error();
  }
  if (Status status = trust_if_all_is_written(); !status) return status.error();
  for (const ToLog& request : requests) {
    Status status = base::success();
    if (const auto* discard = std::get_if<LogDiscard>(&request))
      status = storage_.discard(discard->group, discard->through);
    else if (const auto* promises = std::get_if<LogRemember>(&request))
      status = remember(*promises);
    if (!status) return status.error();
  }
  const bool has_discards = std::any_of(requests.begin(), requests.end(), [](const ToLog& each) {
    return std::holds_alternative<LogDiscard>(each);
  });
  if (!has_discards || waiting_.empty()) return answers;
  auto more = retry();
  if (!more) return more.error();
  for (FromLog& answer : more.value()) answers.push_back(std::move(answer));
  return answers;
}

Status LogWorker::change_policy(SyncPolicy policy) {
  policy_ = policy;
  return policy_ == SyncPolicy::kAlways ? on_stop() : base::success();
}

// If the disk is full the amnesia is noted on: it costs the next start a recall that it had not
// needed.
Status LogWorker::trust_if_all_is_written() {
  if (!has_trust_ || !waiting_.empty()) return base::success();
  has_trust_ = false;
  FAILPOINT("recall.brought-back");
  Status status = storage_.trust();
  return !status && status.error().cause == Cause::kNoSpace ? base::success() : status;
}

// What is remembered is not needed for anything that this node does itself: on a full disk it waits
// for the next time.
Status LogWorker::remember(const LogRemember& request) {
  const Status status = storage_.remember(request.bytes);
  return !status && status.error().cause == Cause::kNoSpace ? base::success() : status;
}

// While appends wait for space a truncation may take back what was never written, so that less
// space does.
void LogWorker::gather(LogAppend append) {
  const LogIndex from = append.write.truncate_from;
  const bool is_reset = append.write.reset_to.has_value();
  for (LogAppend& earlier : waiting_) {
    if (earlier.write.group != append.write.group) continue;
    std::erase_if(earlier.write.entries, [&](const raft::EntryPtr& entry) {
      return is_reset || (!from.is_none() && entry->index >= from);
    });
  }
  waiting_.push_back(std::move(append));
}

Status LogWorker::read(const LogRead& request, std::vector<FromLog>& answers) {
  auto entries = storage_.read(request.group, request.first, request.last, request.bytes_max);
  if (!entries) return entries.error();
  answers.emplace_back(LogEntries{request.group, request.first, std::move(entries).value()});
  return base::success();
}

Status LogWorker::flush(std::vector<FromLog>& answers) {
  std::vector<LogWrite> batch;
  std::map<GroupId, std::uint64_t> durable;
  for (const LogAppend& append : waiting_) {
    batch.push_back(append.write);  // entries are shared, not copied
    durable[append.write.group] = append.sequence;
  }
  const bool is_synced =
      policy_ == SyncPolicy::kAlways || std::any_of(batch.begin(), batch.end(), must_be_synced);
  for (const LogWrite& write : batch) pass_unwritten(write);
  const Status status = is_synced ? storage_.append(batch) : storage_.append_unsynced(batch);
  if (!status && status.error().cause != Cause::kNoSpace) return status.error();
  if (!status) {
    tell_space(true, status.error().text(), answers);
    return write_votes(answers);
  }
  for (const LogWrite& write : batch) pass_durable(write);
  is_marked_ = false;
  waiting_.clear();
  tell_space(false, {}, answers);
  for (const auto& [group, sequence] : durable)
    answers.emplace_back(LogDurable{group, sequence, storage_.size_bytes()});
  return base::success();
}

bool LogWorker::has_waiting_entries() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const LogAppend& append) { return !append.write.entries.empty(); });
}

// The newest of each group; when there is room all are written once more, in order.
Status LogWorker::write_votes(std::vector<FromLog>& answers) {
  std::map<GroupId, const LogAppend*> newest;
  for (const LogAppend& append : waiting_) {
    const bool is_new = append.sequence > voted_[append.write.group];
    if (append.write.hard_state && is_new) newest[append.write.group] = &append;
  }
  for (const auto& [group, append] : newest) {
    LogWrite vote;
    vote.group = group;
    vote.hard_state = append->write.hard_state;
    pass_unwritten(vote);
    const Status status = storage_.append({vote});
    if (!status) return status.error().cause == Cause::kNoSpace ? base::success() : status;
    pass_durable(vote);
    is_marked_ = false;
    voted_[group] = append->sequence;
    answers.emplace_back(LogVoted{group, append->sequence});
  }
  return base::success();
}

void LogWorker::tell_space(bool is_full, std::string detail, std::vector<FromLog>& answers) {
  if (is_full_ != is_full) answers.emplace_back(LogSpace{is_full, std::move(detail)});
  is_full_ = is_full;
}

Result<std::vector<FromLog>> LogWorker::retry() {
  std::vector<FromLog> answers;
  if (waiting_.empty()) return answers;
  if (Status status = flush(answers); !status) return status.error();
  if (Status status = trust_if_all_is_written(); !status) return status.error();
  return answers;
}

Status LogWorker::on_idle() {
  if (is_marked_ || is_full_ || policy_ == SyncPolicy::kNever) return base::success();
  Status status = storage_.mark_end();
  if (!status && status.error().cause == Cause::kNoSpace) return base::success();
  if (status) is_marked_ = true;
  return status;
}

bool LogWorker::is_behind() const {
  return policy_ == SyncPolicy::kEverySecond && storage_.is_unsynced();
}

Status LogWorker::on_stop() {
  Status status = storage_.mark_clean();
  if (!status && status.error().cause == Cause::kNoSpace) return base::success();
  if (status) is_marked_ = true;
  return status;
}

}  // namespace node
