#include "server/disk_threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "persistence/directory.h"

namespace server {
namespace {

constexpr std::chrono::milliseconds kIdle{200};
constexpr std::chrono::milliseconds kRetry{1000};
constexpr std::chrono::milliseconds kSyncEvery{1000};  // appendfsync everysec
constexpr std::chrono::milliseconds kLong{60'000};
constexpr int kStateNiceness = 5;

}  // namespace

void die(LogFile& log, const base::Error& error, const std::string& directory) {
  if (error.cause == base::Cause::kCorrupt) {
    if (!directory.empty()) persistence::Directory::note_damage(directory, error.text());
    log.warning(error.text() + ". This node stops: what is damaged is not served.");
  } else {
    log.warning("the disk failed: " + error.text() +
                ". This node stops: what is on the disk is not known any more.");
  }
  log.flush();
  _exit(1);
}

// ---- log ----

LogThread::LogThread(Mail& mail, persistence::LogStorage& storage, LogFile& log,
                     node::SyncPolicy policy, std::string directory)
    : mail_(mail), worker_(storage, policy), log_(log), directory_(std::move(directory)) {
  mail_.log.set_wake([this] { wake_.wake(); });
}

void LogThread::start() {
  thread_ = std::thread([this] { run(); });
}

void LogThread::stop() {
  is_stopping_ = true;
  wake_.wake();
  thread_.join();
}

void LogThread::answer(base::Result<std::vector<node::FromLog>> replies) {
  if (!replies.ok()) die(log_, replies.error(), directory_);
  mail_.consensus.send_all(replies.value());
}

// Counted from when the last sync began, so that nothing waits much longer than a second.
void LogThread::sync_if_due() {
  if (!worker_.is_behind()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < sync_due_) return;
  sync_due_ = now + kSyncEvery;
  const base::Status synced = worker_.sync();
  if (!synced.ok()) die(log_, synced.error(), directory_);
}

// Whatever is asked for meanwhile: a node that waits for space is asked all the time.
void LogThread::retry_if_due() {
  if (!worker_.is_waiting_for_space()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < retry_due_) return;
  retry_due_ = now + kRetry;
  answer(worker_.retry());
}

// Nothing has been asked for a while.
void LogThread::on_silence() {
  if (is_marked_ || worker_.is_waiting_for_space()) return;
  const base::Status marked = worker_.on_idle();
  if (!marked.ok() && marked.error().cause != base::Cause::kNoSpace)
    die(log_, marked.error(), directory_);
  is_marked_ = true;
}

void LogThread::handle(std::vector<node::ToLog>&& requests) {
  answer(worker_.handle(std::move(requests)));
  is_marked_ = false;
}

// True if there was any.
bool LogThread::handle_mail() {
  std::vector<node::ToLog> requests;
  const std::lock_guard lock(has_worker_);
  mail_.log.take(requests);
  if (requests.empty()) return false;
  handle(std::move(requests));
  sync_if_due();
  retry_if_due();
  return true;
}

bool LogThread::visit() {
  const std::unique_lock lock(has_worker_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  const bool was_marked = is_marked_;
  const auto may_take = [this](const std::vector<node::ToLog>& requests) {
    return worker_.takes_at_once(requests);
  };
  if (!mail_.log.take_if(visited_requests_, may_take)) return false;
  handle(std::move(visited_requests_));
  was_visited_ = true;
  // It slept as one who has nothing to sync and no end to mark.
  return mail_.log.sleeps_on() && !was_marked;
}

void LogThread::run() {
  while (true) {
    // Read before the mail is taken: what was sent ahead of the stop is then in it.
    const bool is_stopping = is_stopping_;
    if (handle_mail()) continue;
    if (is_stopping) break;
    bool is_waiting = false, is_marked = false;
    {
      const std::lock_guard lock(has_worker_);
      is_waiting = worker_.is_waiting_for_space();
      is_marked = is_marked_;
    }
    if (!mail_.log.announce_sleep()) continue;
    if (wake_.wait(is_waiting ? kRetry : is_marked ? kLong : kIdle)) continue;
    const std::lock_guard lock(has_worker_);
    mail_.log.stay_awake();  // what answers lead to is not for a visitor
    if (std::exchange(was_visited_, false)) {
      sync_if_due();
    } else {
      on_silence();
    }
    retry_if_due();
  }
  const std::lock_guard lock(has_worker_);
  const base::Status stopped = worker_.on_stop();
  if (!stopped.ok()) log_.warning("at the end: " + stopped.error().text());
}

// ---- state ----

StateThread::StateThread(Mail& mail, persistence::StateStore& store, LogFile& log,
                         std::string directory)
    : mail_(mail), worker_(store), log_(log), directory_(std::move(directory)) {
  mail_.state.set_wake([this] { wake_.wake(); });
}

void StateThread::start() {
  thread_ = std::thread([this] {
    // Where processors are short a checkpoint takes longer, clients do not wait longer. Without
    // the right to it, it is as it was.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kStateNiceness);
    run();
  });
}

void StateThread::stop() {
  is_stopping_ = true;
  wake_.wake();
  thread_.join();
}

void StateThread::answer(base::Result<std::vector<node::StateReply>> replies) {
  if (!replies.ok()) die(log_, replies.error(), directory_);
  for (node::StateReply& reply : replies.value()) {
    if (reply.to == node::Asker::kService) {
      mail_.service.send(std::move(reply.message));
    } else {
      mail_.consensus.send(std::move(reply.message));
    }
  }
}

void StateThread::run() {
  std::vector<node::ToState> requests;
  bool has_cleaning = true;
  while (!is_stopping_) {
    mail_.state.take(requests);
    for (node::ToState& request : requests) {
      answer(worker_.handle(std::move(request)));
      has_cleaning = true;
    }
    if (!requests.empty()) continue;
    if (worker_.is_waiting_for_space()) {
      if (mail_.state.announce_sleep() && !wake_.wait(kRetry)) answer(worker_.retry());
      continue;
    }
    if (has_cleaning) {
      const auto more = worker_.on_idle();
      if (!more.ok() && more.error().cause != base::Cause::kNoSpace)
        die(log_, more.error(), directory_);
      has_cleaning = more.ok() && more.value();
      if (has_cleaning) continue;
    }
    if (mail_.state.announce_sleep()) wake_.wait(kLong);
  }
}

}  // namespace server
