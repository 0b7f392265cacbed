// Whom this node dials, and when: each target is dialled whenever no link to it stands, with
// bounded, jittered backoff, until this node itself answers there. Remembers also which node
// without a cluster answered at a member's address. It opens no link: it says what is due and is
// told what became of it. Invariant: at most one link at a time belongs to a target. Values;
// thread: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "node/messages/link_bytes.h"
#include "node/messages/names.h"
#include "raft/types.h"

namespace node {

using base::NodeId;

struct DialTarget {
  std::string address;
  NodeId expected;  // none: whoever answers (birth)
};

class DialPlan {
 public:
  explicit DialPlan(std::uint64_t seed) : prng_(seed) {}

  // Returns the links of those that are targets no more.
  [[nodiscard]] std::vector<LinkId> set_targets(const std::vector<DialTarget>& targets);
  // Those of all targets, by address.
  [[nodiscard]] std::vector<LinkId> links() const;
  // None: it is not dialled now.
  [[nodiscard]] LinkId link_to(const std::string& address) const;

  // ---- dialling ----
  [[nodiscard]] std::vector<DialTarget> due(base::Instant now) const;
  // When the next one will be due; max(): none is dialled again by and by.
  [[nodiscard]] base::Instant next_due() const;
  void on_dialled(const std::string& address, LinkId link);
  // The link has ended, `lived` after it was established (0: it never was). False: it is no
  // target's.
  [[nodiscard]] bool on_ended(const std::string& address, LinkId link, base::Duration lived,
                              base::Instant now);
  // The peer lives: where it may be is dialled at once.
  void hurry(NodeId peer, base::Instant now);

  // ---- who answers ----
  // This node itself: never again.
  void on_self(const std::string& address);
  void on_stranger(const std::string& address, NodeId stranger, base::Instant now);
  // A node without a cluster that has answered lately at the member's address.
  [[nodiscard]] std::optional<NodeId> stranger_at(const raft::Member& member,
                                                  base::Instant now) const;

 private:
  struct Target {
    NodeId expected;
    LinkId link;           // none: not dialled now
    bool is_self = false;  // never again
    unsigned failures = 0;
    base::Instant next_dial{};
    NodeId stranger;  // answered there instead, last at:
    base::Instant stranger_heard{};
    [[nodiscard]] bool waits() const { return !is_self && link.is_none(); }
  };

  base::Prng prng_;
  std::map<std::string, Target> targets_;
};

}  // namespace node
