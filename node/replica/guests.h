// Batches of other members, which this node proposes as their leader (node/replica/forwarder.h is
// the other end). Invariant: in one term the batches of one member go into the log in the order of
// their numbers, each at most once; one of each member is on its way to consensus at a time, so
// that what is refused has nothing behind it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "node/replica/ground.h"
#include "node/replica/members.h"
#include "node/replica/memory.h"
#include "node/replica/proposals.h"
#include "node/replica/terms.h"

namespace node {

class Guests {
 public:
  struct Parts {
    Ground& ground;
    const Terms& terms;
    const Proposals& proposals;
    const Members& members;
    const Memory& memory;
    const DiskState& disk;
  };
  explicit Guests(Parts parts) : parts_(parts) {}

  void on(BatchForwarded& message);
  void on(const BatchProposed& message);
  void on(const BatchRefused& message);
  // Another term: its leader, this node or another, is asked anew.
  void on_leadership() { guests_.clear(); }

 private:
  struct Waiting {
    std::uint64_t id = 0;
    std::string payload;
  };
  struct Guest {
    std::uint64_t epoch = 0;      // of the member's run
    std::uint64_t proposed = 0;   // the last one that is in the log
    std::uint64_t under_way = 0;  // what consensus calls the first one that waits; 0: none
    std::deque<Waiting> waiting;
    [[nodiscard]] std::uint64_t last() const {
      return waiting.empty() ? proposed : waiting.back().id;
    }
  };
  void propose_next(base::NodeId member, Guest& guest);
  void answer(base::NodeId to, const Guest& guest, std::uint64_t id, bool is_taken);
  [[nodiscard]] std::map<base::NodeId, Guest>::iterator find(std::uint64_t under_way);

  Parts parts_;
  std::map<base::NodeId, Guest> guests_;
  std::uint64_t next_ = kFirstNumber;

  // No batch of this node has such a number.
  static constexpr std::uint64_t kFirstNumber = std::uint64_t{1} << 62;
};

}  // namespace node
