// Local commands that answer later (WAIT, SAVE, DEBUG RELOAD, CLUSTER MEET, ...). Invariant: a
// session with one of them parses nothing more until it has its reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "node/clients/answers.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/desk.h"
#include "node/clients/stalls.h"

namespace node {

class WaitingCommands {
 public:
  enum class Kind : std::uint8_t {
    kSleep,
    kReplicas,
    kSave,
    kReload,
    kConfigRewrite,
    kCluster,  // CLUSTER MEET and the like
  };
  WaitingCommands(Desk& desk, Stalls& stalls, Answers& answers)
      : desk_(desk), replica_(desk.replica), stalls_(stalls), answers_(answers) {}

  // What the command that was just carried out asks for, if that takes time.
  void begin(Session& session, LocalRequests& requests);
  // Sleepers have slept when the next turn begins; WAIT looks at what its replicas have.
  void check();
  void answer_all(Kind kind, std::string_view reply);
  void on(const Progress& message);
  void on(const ClusterRequestDone& message);

 private:
  struct Waiting {
    Kind kind = Kind::kSleep;
    base::ConnectionId session = {};
    bool is_silent = false;
    std::int64_t replicas = 0;
    bool is_log = false;  // WAITAOF
    LogIndex index = {};
    base::Instant deadline{};
    bool has_deadline = false;
    std::uint64_t request = 0;  // kCluster; kReplicas: of the Progress that it needs at least
  };
  // False: the requests hold nothing that takes time.
  bool fill_in(Waiting& waiting, const Session& session, LocalRequests& requests);
  void wait_for_replicas(Waiting& waiting, const Session& session, const LocalRequests::Wait& wait);
  [[nodiscard]] std::string reply_to(const Waiting& waiting);  // empty: not yet
  void end(std::size_t place, std::string_view reply);

  Desk& desk_;
  Replica& replica_;
  Stalls& stalls_;
  Answers& answers_;
  std::deque<Waiting> waiting_;
  std::uint64_t next_cluster_request_ = 1;
  std::uint64_t next_progress_ = 1, progress_ = 0;  // WatchProgress; the newest that was answered
};

}  // namespace node
