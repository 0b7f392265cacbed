// One unit of a client's pipeline: the commands sent, what they mean to keys, and the judgement of
// what came back. Everything a node may answer in this world is listed here; anything else is a
// violation.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/history.h"

namespace sim {

enum class Outcome : std::uint8_t {
  kDone,
  kNever,    // the node promised that it did not happen
  kUnknown,  // INDOUBT, or the connection ended
};

// Who looks at the replies of a kAny.
enum class Asker : std::uint8_t { kNobody, kQueues, kScans };

class Source;

struct Exchange {
  static constexpr Time kAnyAge = std::numeric_limits<Time>::max();
  enum class Kind : std::uint8_t {
    kCommand,  // one command, one step
    kEcho,     // the reply is known: it proves that replies come in order
    kHello,
    kExec,   // MULTI ... EXEC
    kWatch,  // WATCH key, GET key; what follows depends on the answer
    kAny,    // whatever it answers; who asked looks at the replies
  };
  Kind kind = Kind::kCommand;
  std::vector<std::vector<std::string>> commands;
  std::vector<Operation> operations;  // results are filled in by judge()
  bool is_guarded = false;            // an EXEC that may find its watch touched
  bool has_twins = false;             // an EXEC of two reads that must agree
  bool is_stale = false;              // its reads are of some prefix of the log
  Time age_most = kAnyAge;            // and hold what was applied so long before they were sent
  std::string append_token;           // of an APPEND to a list of tokens
  Source* source = nullptr;           // hears of the outcome
  Asker asker = Asker::kNobody;
  std::string tag;                   // of a kAny, for who asked
  std::vector<resp::Reply> replies;  // of a kAny that was done
  std::uint64_t connection = 0, sequence = 0;
  Time sent = 0;
};

struct Judgement {
  Outcome outcome = Outcome::kUnknown;
  std::string moved_to;  // HOST:PORT
  bool is_watch_lost = false;
};

// `replies`: one for each command. Fills in the results of the operations if it was done.
[[nodiscard]] Judgement judge(Exchange& exchange, const std::vector<resp::Reply>& replies);

// The commands, shortened.
[[nodiscard]] std::string in_words(const Exchange& exchange);

// As in Operation::result.
[[nodiscard]] std::string canonical(const resp::Reply& reply);

}  // namespace sim
