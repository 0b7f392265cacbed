// What a client with CLIENT TRACKING keeps of what it has read. Claim: once a read that was asked
// for afterwards is answered on the same connection, every value that was kept before and has not
// been invalidated is still what the key holds, or was while that read was under way: the read is a
// round, behind which nothing stays that a completed write has changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/history.h"

namespace sim {

class Cache {
 public:
  // A connection begins, of which the node knows nothing; or all was invalidated.
  void clear() { kept_.clear(); }
  // An invalidation; the number of keys that it took out.
  std::uint64_t invalidate(const resp::Reply& push);
  // The answer of a read of one key, as in Step::result.
  void keep(const std::string& key, const std::string& result, Time now);
  // Reads, as it were, of what was kept before a read that was sent then and is answered now.
  [[nodiscard]] std::vector<Operation> held(Time sent, Time now) const;

 private:
  static constexpr std::size_t kKeysMax = 8;
  struct Kept {
    std::string result;
    Time since = 0;
  };
  std::map<std::string, Kept> kept_;
};

}  // namespace sim
