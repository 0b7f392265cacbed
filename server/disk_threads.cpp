#include "server/disk_threads.h"

#include <sys/resource.h>
#include <unistd.h>

namespace server {
namespace {

constexpr std::chrono::milliseconds kIdle{200};
constexpr std::chrono::milliseconds kRetry{1000};
constexpr std::chrono::milliseconds kLong{60'000};
constexpr int kStateNiceness = 5;

}  // namespace

void die(LogFile& log, const base::Error& error) {
  if (error.cause == base::Cause::kCorrupt) {
    log.warning(error.text() + ". This node stops: what is damaged is not served.");
  } else {
    log.warning("the disk failed: " + error.text() +
                ". This node stops: what is on the disk is not known any more.");
  }
  _exit(1);
}

// ---- log ----

LogThread::LogThread(Mail& mail, persistence::LogStorage& storage, LogFile& log)
    : mail_(mail), worker_(storage), log_(log) {
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
  if (!replies.ok()) die(log_, replies.error());
  mail_.consensus.send_all(replies.value());
}

void LogThread::run() {
  std::vector<node::ToLog> requests;
  bool is_marked = true;
  while (true) {
    mail_.log.take(requests);
    if (!requests.empty()) {
      answer(worker_.handle(std::move(requests)));
      is_marked = false;
      continue;
    }
    if (is_stopping_) break;
    if (!mail_.log.announce_sleep()) continue;
    const bool is_waiting = worker_.is_waiting_for_space();
    if (wake_.wait(is_waiting ? kRetry : is_marked ? kLong : kIdle)) continue;
    if (is_waiting) {
      answer(worker_.retry());
    } else if (!is_marked) {
      const base::Status marked = worker_.on_idle();
      if (!marked.ok() && marked.error().cause != base::Cause::kNoSpace) die(log_, marked.error());
      is_marked = true;
    }
  }
  const base::Status marked = worker_.on_idle();
  if (!marked.ok()) log_.warning("at the end: " + marked.error().text());
}

// ---- state ----

StateThread::StateThread(Mail& mail, persistence::StateStore& store, LogFile& log)
    : mail_(mail), worker_(store), log_(log) {
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
  if (!replies.ok()) die(log_, replies.error());
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
      if (!more.ok() && more.error().cause != base::Cause::kNoSpace) die(log_, more.error());
      has_cleaning = more.ok() && more.value();
      if (has_cleaning) continue;
    }
    if (mail_.state.announce_sleep()) wake_.wait(kLong);
  }
}

}  // namespace server
