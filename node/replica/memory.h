// Memory and eviction (DESIGN decision 4): the leader watches its memory, chooses victims and
// proposes their deletion, a bounded slice at a time, the next one when the last is applied; what
// clients read here is told to the other members as a hint, so that the next leader knows the hot
// keys. Invariant: nothing is evicted by a node's own decision; an entry says it.
#pragma once

#include <cstdint>

#include "engine/command/command.h"
#include "node/replica/ground.h"
#include "node/replica/proposals.h"
#include "node/replica/status.h"
#include "node/replica/terms.h"

namespace node {

class Memory {
 public:
  Memory(Ground& ground, const Terms& terms, Proposals& proposals, ReplicaListener& listener)
      : ground_(ground), terms_(terms), proposals_(proposals), listener_(listener) {}

  [[nodiscard]] bool is_short() const;
  [[nodiscard]] bool is_far_over() const;
  [[nodiscard]] bool refuses(const engine::CommandSpec& spec) const;
  [[nodiscard]] bool refuses() const;  // commands that may need more
  [[nodiscard]] std::uint64_t content_limit() const;
  [[nodiscard]] const MemoryShortage& shortage() const { return shortage_; }

  void follow_access_rules();
  // `is_held`: nothing is proposed now.
  void evict(bool is_held);
  void free_buried();
  void share_uses();
  void forget_shortage() { shortage_ = {}; }

 private:
  [[nodiscard]] std::uint64_t limit() const { return ground_.config.hot().maxmemory; }
  void note(bool is_short);

  Ground& ground_;
  const Terms& terms_;
  Proposals& proposals_;
  ReplicaListener& listener_;
  MemoryShortage shortage_;
  base::Instant uses_due_{};
};

}  // namespace node
