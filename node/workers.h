// The two machines that touch the disk, as plain blocking calls: one owns the log storage, one the state store. The server
// runs each on a thread of its own, the simulator calls them when its schedule says so. An Error that comes back ends the
// process (DESIGN decision 17); a full disk does not, it is reported and retried by `retry`.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"
#include "node/messages.h"
#include "persistence/storage.h"

namespace node {

class LogWorker {
 public:
  explicit LogWorker(persistence::LogStorage& storage) : storage_(storage) {}

  // Takes all requests that gathered while the last call ran; their appends become one write and one sync.
  [[nodiscard]] base::Result<std::vector<FromLog>> handle(std::vector<ToLog> requests);
  // True while appends wait for space: call retry about each second.
  [[nodiscard]] bool is_waiting_for_space() const { return !waiting_.empty(); }
  [[nodiscard]] base::Result<std::vector<FromLog>> retry();
  // The log fell idle (no request for a moment): durable end mark.
  [[nodiscard]] base::Status on_idle();

 private:
  [[nodiscard]] base::Result<std::vector<FromLog>> flush();

  persistence::LogStorage& storage_;
  std::vector<LogAppend> waiting_;
  bool is_full_ = false;
  bool is_marked_ = true;
};

class StateWorker {
 public:
  explicit StateWorker(persistence::StateStore& store) : store_(store) {}

  [[nodiscard]] base::Result<std::vector<StateReply>> handle(ToState request);
  // A bounded slice of clean-up; false when there is nothing left to do.
  [[nodiscard]] base::Result<bool> on_idle();

 private:
  struct Stream {
    raft::SnapshotMeta meta;
    std::uint64_t sequence = 0;              // of `chunk`
    std::optional<base::RowKey> after;       // where the page after `chunk` begins
    bool is_last = false;
    std::string chunk;                       // kept so that the same sequence may be asked again
  };
  persistence::StateStore& store_;
  std::map<base::NodeId, Stream> streams_;
  std::optional<std::uint64_t> install_next_;
  raft::SnapshotMeta install_meta_;
};

}  // namespace node
