// The consensus thread: a loop that drives the consensus machine with peer links and mail. It never
// waits for the engine or the disk, but for the identity of a node that leaves its cluster. Of a
// node that is alone other threads carry out turns too while this one sleeps
// (docs/decisions/visits.md).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
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
  // It leads and is the only voter: nobody waits for word of it.
  [[nodiscard]] bool is_alone() const { return is_alone_; }

 private:
  base::Instant turn();
  // For all mail, on the thread of whoever sent the last of it. False: it cannot be now.
  bool visit();
  // Whoever calls these has the turn.
  node::ConsensusOutput take_turn();
  void carry_out(node::ConsensusOutput& output);
  void leave_for_peers(node::ConsensusOutput&& output);
  void write_identity(const persistence::Identity& identity);
  void note_role(const node::ConsensusOutput& output);

  Mail& mail_;
  LogFile& log_;
  persistence::Directory& directory_;
  const RunningCommand& running_command_;
  std::function<void()> restart_;
  Loop loop_;
  std::mutex has_turn_;  // held by whoever lets the machine do anything, until that is carried out
  node::Consensus consensus_;
  PeerListener peers_;
  std::vector<ConsensusMail> received_;
  std::vector<node::ConsensusOutput> left_;  // by visitors, for peers: links are this thread's
  base::Instant due_{};                      // of this thread's next turn
  std::atomic<bool> is_stop_asked_{false}, is_alone_{false};
  std::thread thread_;
};

}  // namespace server
