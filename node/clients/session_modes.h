// How a connection wants to be served, as it has said itself: in force for the next command parsed;
// an operation has captured its own. Invariant: RESET gives a connection the modes of a new one, so
// nothing that outlives RESET stands here.
#pragma once

#include <cstdint>
#include <string>

#include "node/clients/read_mode.h"

namespace node {

enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

struct SessionModes {
  std::uint32_t database = 0;
  std::uint8_t version = 2;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool is_authenticated = false;
  bool is_readonly = false;  // READONLY
  ReadMode reads;            // CLIENT READS
  bool no_evict = false, no_touch = false;
  bool is_monitor = false;  // MONITOR
  bool redirects = false;   // CLIENT CAPA redirect
  std::string user;         // empty: default
  std::string name;         // CLIENT SETNAME
};

}  // namespace node
