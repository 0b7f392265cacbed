// The consensus thread: a loop that drives the consensus machine with peer links and mail. It never
// waits for the engine or the disk, but for the identity of a node that leaves its cluster.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "node/consensus/consensus.h"
#include "persistence/directory.h"
#include "server/log_file.h"
#include "server/loop.h"
#include "server/mail.h"
#include "server/peer_listener.h"
#include "server/running_command.h"

namespace server {

class ConsensusThread {
 public:
  // `restart`: the node is to begin its next life (called once, from this thread).
  ConsensusThread(Mail& mail, node::ConsensusOptions options, LogFile& log,
                  persistence::Directory& directory, const RunningCommand& running_command,
                  std::function<void()> restart);

  [[nodiscard]] base::Status listen(const std::vector<std::string>& hosts, std::uint16_t port);
  void start();
  void stop();

 private:
  base::Instant turn();
  void write_identity(const persistence::Identity& identity);
  void tell_role(const node::ConsensusOutput& output);

  Mail& mail_;
  LogFile& log_;
  persistence::Directory& directory_;
  const RunningCommand& running_command_;
  std::function<void()> restart_;
  Loop loop_;
  node::Consensus consensus_;
  PeerListener peers_;
  std::vector<ConsensusMail> received_;
  std::atomic<bool> is_stop_asked_{false};
  std::thread thread_;
};

}  // namespace server
