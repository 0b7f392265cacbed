// The service thread: a loop that drives the service machine with client sockets and mail. Runs on
// the main thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "node/service.h"
#include "server/applying_page.h"
#include "server/client_listener.h"
#include "server/log_file.h"
#include "server/loop.h"
#include "server/mail.h"

namespace server {

class ServiceThread {
 public:
  // `page` outlives it; nullptr: there is none.
  ServiceThread(Mail& mail, node::ServiceOptions options, const node::Config& config, LogFile& log,
                ApplyingPage* page);

  // Opens the listeners that the configuration names.
  [[nodiscard]] base::Status listen();
  // The same with sockets of an earlier life, which clients may be waiting at.
  [[nodiscard]] base::Status listen_again(const std::vector<KeptListener>& kept);
  [[nodiscard]] std::vector<KeptListener> keep_listeners() { return listener_.keep(); }
  // Until a stop was asked for (signal or SHUTDOWN) and everything is answered, or the stop took
  // too long.
  void run();
  // From a signal handler's loop callback or any thread.
  void ask_to_stop() { is_stop_asked_ = true, loop_.wake(); }
  // The same, and then this node begins its next life. From any thread.
  void ask_to_restart() { wants_restart_ = true, ask_to_stop(); }
  [[nodiscard]] bool wants_restart() const { return wants_restart_; }
  [[nodiscard]] const node::Config& config() const { return service_.config(); }
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  [[nodiscard]] base::Status listen_at(const char* directive, node::Door door);
  base::Instant turn();
  [[nodiscard]] static node::ServiceOptions noting(node::ServiceOptions options,
                                                   ApplyingPage* page);
  void carry_out(node::ServiceOutput& output);
  void rewrite_config();
  void save_users(const std::string& text);
  void read_users();
  void begin_stop(base::Instant now);

  Mail& mail_;
  LogFile& log_;
  ApplyingPage* page_;
  Loop loop_;
  node::Service service_;
  ClientListener listener_;
  std::string config_file_;
  std::vector<ServiceMail> received_;
  std::atomic<bool> is_stop_asked_{false}, wants_restart_{false};
  bool is_stopping_ = false, is_ready_told_ = false;
  base::Instant stop_deadline_{}, facts_due_{};
  node::SyncPolicy sync_policy_;
  std::string level_;
};

}  // namespace server
