// What an engine is asked: to apply an entry, or to answer a read.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "engine/command/command.h"
#include "engine/command/denial.h"

namespace engine {

struct KeyNote;  // engine/elements/effects.h
struct KeyspaceEvent;
class ScriptObserver;  // engine/elements/script_observer.h

// What a read tells besides its reply, to whoever wants to know.
struct ReadObserver {
  std::vector<KeyspaceEvent>* misses = nullptr;  // keymiss, if the setting asks for it
  std::vector<KeyNote>* script_reads = nullptr;  // keys that the reads of a script ask for
  ScriptObserver* script_calls = nullptr;        // commands that a script calls
};

struct EntryContext {
  base::LogIndex index;
  base::UnixMillis time_ms = 0;  // the leader's log time; the engine's own never goes back
  std::uint64_t seed = 0;
  // Commands that may need memory are refused while content_bytes() is above this; 0: no limit.
  std::uint64_t content_limit = 0;
  std::uint32_t rules = 0;  // at most kRulesKnown; the engine's own never go back
};

struct Query {
  const CommandSpec* spec = nullptr;  // scope kRead
  Arguments argv;
  std::uint32_t database = 0;
  base::UnixMillis now_ms =
      0;  // the leader's log clock now (TTL counts from it), at least the log's time
  bool may_propose_time =
      true;  // false on a follower: a key past now_ms but not past the log's time is still there
  std::uint64_t seed = 0;      // for RANDOMKEY and its like
  bool is_again = false;       // XREAD BLOCK that has found nothing before
  std::string_view user = {};  // who asks; empty: default
  users::Where where = users::Where::kTopLevel;
  std::vector<users::Denial>* denials = nullptr;  // outlives the call; nullptr: nobody notes them
  ReadObserver observer = {};
};
enum class QueryOutcome : std::uint8_t {
  kAnswered,
  kNeedsTime,  // a key it met has expired by now_ms but not by the log: nothing was written; ask
               // again behind a time entry
};

}  // namespace engine
