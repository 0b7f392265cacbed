// What lease.cpp keeps: see there.
#pragma once

#include <deque>

#include "base/time.h"
#include "raft/message.h"

namespace raft {

struct LeaseState {
  base::Instant bound_until{};  // before it this node votes for nobody, itself included
  // ---- leader ----
  struct Beat {
    std::uint64_t round = 0;
    base::Instant sent{};
  };
  std::deque<Beat> beats;  // heartbeat rounds that may still be answered
  std::uint64_t number = 0;
  base::Instant until{};     // as the state machine knows it; epoch start: none
  bool is_revoked = false;   // it was told so, but may not know it yet
  bool is_given_up = false;  // in this term: whom it told to stand may do so at any time

  // If not, a leader that hands nothing over needs no evidence for its reads.
  [[nodiscard]] bool is_over(base::Instant now) const { return now >= until; }
  // Heartbeats leave, the last one in `round`: the round that they are. Each is one of its own, so
  // that its answer tells when it was sent. `kept`: how long an answer may be worth something.
  std::uint64_t beat(std::uint64_t round, base::Instant now, base::Duration kept);
  // The state machine says so; false: of a lease before this one.
  bool end(std::uint64_t ended) {
    if (!is_revoked || ended != number) return false;
    until = {};
    return true;
  }
  // `body` was heard of a leader: if that one leases, nobody gets a vote before `until_then`.
  void bind(const Body& body, base::Instant until_then);
  // A term as leader begins.
  void begin() { beats.clear(), until = {}, is_revoked = is_given_up = false; }
};

}  // namespace raft
