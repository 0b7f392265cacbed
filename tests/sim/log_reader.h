// What READONLY promises, judged reply by reply: a follower's answer is what some prefix of the log
// says, and along one connection (which is one process of one node) the prefixes only grow, so that
// it never goes back behind anything it has been told before. How far a prefix lags is not bounded.
// The same of CLIENT READS LOCAL; and of BOUNDED, whose prefix holds besides what any node had
// applied by a given time.
//
// The log is replayed here as it is chosen, and the history of each key that clients read so is
// kept by position.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/element_stream.h"
#include "node/clients/commands/registry.h"
#include "raft/types.h"
#include "tests/sim/event_order.h"
#include "tests/sim/history.h"

namespace sim {

class LogReader {
 public:
  // The next entry that has been chosen.
  void on_chosen(const raft::Entry& entry);
  // A node shows this now. Nothing is acknowledged to a client before it is applied somewhere.
  void on_applied(std::uint64_t index, Time now);
  // Throws Violation if these GETs of one command or transaction, answered on that connection,
  // cannot be of one prefix at or behind the one before, nor behind what was applied by `level_at`.
  void on_read(std::uint64_t connection, const std::vector<Operation>& reads, Time level_at);
  // All keyspace events so far, as they are told by key event channels; none if they are off.
  [[nodiscard]] const std::vector<LoggedEvent>& events() const { return events_; }

 private:
  struct Version {
    std::uint64_t index = 0;
    std::string value;  // as Step::result
  };
  void note(std::string_view word, std::uint64_t index);
  void note_events();
  [[nodiscard]] std::string value_at(const std::string& key, std::uint64_t index) const;
  [[nodiscard]] std::uint64_t applied_by(Time time) const;
  [[nodiscard]] bool fits(const std::vector<Operation>& reads, std::uint64_t index) const;

  engine::Engine engine_{node::commands()};
  engine::ElementStream elements_{engine_};
  engine::Effects effects_;
  std::vector<LoggedEvent> events_;
  std::uint64_t applied_ = 0;
  std::map<std::string, std::vector<Version>> keys_;
  std::vector<std::pair<Time, std::uint64_t>> applied_first_;  // by any node, both growing
  std::map<std::uint64_t, std::uint64_t> seen_;  // by connection: the least prefix it has seen
};

}  // namespace sim
