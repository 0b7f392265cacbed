// The log thread and the state thread: each owns one storage and carries out requests from its
// mailbox, blocking as long as the disk takes. An error of the storage ends the process: what is on
// the disk is unknown then (DESIGN decision 17).
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "node/disk/workers.h"
#include "server/log_file.h"
#include "server/mail.h"
#include "server/wake_flag.h"

namespace server {

class LogThread {
 public:
  LogThread(Mail& mail, persistence::LogStorage& storage, LogFile& log,
            node::SyncPolicy policy = node::SyncPolicy::kAlways, std::string directory = {});
  void start();
  // Finishes what has been asked for, marks the end of the log, ends the thread.
  void stop();
  // For all mail, on the calling thread, while this one sleeps (docs/decisions/visits.md). False,
  // and nothing done, if the disk may be waited for: it is this thread's business then.
  bool visit();

 private:
  void run();
  bool handle_mail();
  void handle(std::vector<node::ToLog>&& requests);
  void answer(base::Result<std::vector<node::FromLog>> replies);
  void retry_if_due();
  void sync_if_due();
  void on_silence();

  Mail& mail_;
  std::mutex has_worker_;  // held from before the mail is taken until the answers are sent
  node::LogWorker worker_;
  std::chrono::steady_clock::time_point sync_due_{};   // while the worker is behind
  std::chrono::steady_clock::time_point retry_due_{};  // while it waits for space
  bool is_marked_ = true;
  bool was_visited_ = false;  // since this thread last looked
  std::vector<node::ToLog> visited_requests_;
  LogFile& log_;
  std::string directory_;
  WakeFlag wake_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

class StateThread {
 public:
  StateThread(Mail& mail, persistence::StateStore& store, LogFile& log, std::string directory = {});
  void start();
  void stop();

 private:
  void run();
  void answer(base::Result<std::vector<node::StateReply>> replies);

  Mail& mail_;
  node::StateWorker worker_;
  LogFile& log_;
  std::string directory_;
  WakeFlag wake_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

// Writes the line and ends the process at once, without another write to the disk, but word of
// damage for the next start (`directory`, if any).
[[noreturn]] void die(LogFile& log, const base::Error& error, const std::string& directory);

}  // namespace server
