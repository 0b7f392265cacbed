// What the four machines of a node say to each other. In the server each is a thread with a
// mailbox, in the simulator an actor with a queue; messages from one to another arrive in the order
// sent. Payload is shared (EntryPtr), never copied.
//
//   service  --ToConsensus-->    consensus  --ToLog-->    log    --FromLog-->    consensus
//   service  <--FromConsensus--  consensus  --ToState-->  state  --FromState-->  the asker
//   service  ------------------ToState----------------->  state  (service or consensus)
#pragma once

#include <cstdint>
#include <string>

#include "node/messages/consensus_messages.h"
#include "node/messages/disk_messages.h"

namespace node {

// A line for the log file. Level as Redis's loglevel.
enum class LogLevel : std::uint8_t { kDebug, kVerbose, kNotice, kWarning };
struct LogLine {
  LogLevel level = LogLevel::kNotice;
  std::string text;
};

}  // namespace node
