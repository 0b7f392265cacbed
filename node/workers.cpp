#include "node/workers.h"

#include <algorithm>
#include <utility>

namespace node {

using base::Cause;
using base::Result;
using base::Status;

Result<std::vector<FromLog>> LogWorker::handle(std::vector<ToLog> requests) {
  std::vector<FromLog> answers;
  for (const ToLog& request : requests) {
    const auto* asked = std::get_if<LogRead>(&request);
    if (asked == nullptr) continue;
    if (Status status = read(*asked, answers); !status) return status.error();
  }
  bool has_appends = false;
  for (ToLog& request : requests) {
    auto* append = std::get_if<LogAppend>(&request);
    if (append == nullptr) continue;
    gather(std::move(*append));
    has_appends = true;
  }
  if (has_appends && !is_full_) {
    if (Status status = flush(answers); !status) return status.error();
  }
  for (const ToLog& request : requests) {
    const auto* discard = std::get_if<LogDiscard>(&request);
    if (discard == nullptr) continue;
    if (Status status = storage_.discard(discard->group, discard->through); !status)
      return status.error();
  }
  return answers;
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
  std::vector<persistence::LogWrite> batch;
  std::map<GroupId, std::uint64_t> durable;
  for (const LogAppend& append : waiting_) {
    batch.push_back(append.write);  // entries are shared, not copied
    durable[append.write.group] = append.sequence;
  }
  const Status status = storage_.append(batch);
  if (!status && status.error().cause != Cause::kNoSpace) return status.error();
  if (!status) {
    tell_space(true, status.error().text(), answers);
    return base::success();
  }
  is_marked_ = false;
  waiting_.clear();
  tell_space(false, {}, answers);
  for (const auto& [group, sequence] : durable)
    answers.emplace_back(LogDurable{group, sequence, storage_.size_bytes()});
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
  return answers;
}

Status LogWorker::on_idle() {
  if (is_marked_ || is_full_) return base::success();
  Status status = storage_.mark_end();
  if (!status && status.error().cause == Cause::kNoSpace) return base::success();
  if (status) is_marked_ = true;
  return status;
}

}  // namespace node
