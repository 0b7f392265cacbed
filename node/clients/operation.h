// What a session still owes its client, in the order parsed: a ring of operations whose slots (and
// their bytes) are used again, so that a busy pipeline does not allocate. Numbers never repeat
// within a session; a batch's waiter names its operation by number and finds out by it whether the
// answer has been given meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "engine/command/command.h"
#include "node/clients/transaction.h"
#include "node/config/config.h"
#include "node/replica/waiter.h"

namespace node {

enum class OperationKind : std::uint8_t {
  kWrite,    // waits for its element to be applied
  kRead,     // waits for evidence (its ticket), then is evaluated
  kLiteral,  // a reply known at parse time
};

struct Operation {
  OperationKind kind = OperationKind::kLiteral;
  WriteFate fate = WriteFate::kUnderWay;
  std::uint8_t version = 2;       // RESP version captured when parsed
  bool is_silent = false;         // CLIENT REPLY OFF or SKIP was in force
  bool closes = false;            // the connection closes behind this reply
  bool is_allowed_stale = false;  // a read that may answer from a follower's own state
  // A read with a write of its session behind it that is in doubt, and may take effect before this
  // is evaluated: it is refused.
  bool is_overtaken = false;
  bool may_follow = false;  // a read that a follower answers by its leader's read index
  bool is_blocked =
      false;               // its client waits: for an element of the log (kWrite), a change (kRead)
  std::uint64_t wait = 0;  // of a blocked write: which one (WaitingClient::sequence)
  bool has_deadline = false;  // of a blocked read
  bool remembers = false;     // the client is to hear of changes of what it reads here
  bool may_be_large = false;  // its reply: see OperationRing::large_replies
  base::Instant deadline{};
  std::optional<std::uint16_t> slot;  // of the first key (an EXEC has its commands'), none: no keys
  std::uint32_t database = 0;
  std::string user;          // empty: default
  std::uint64_t ticket = 0;  // kRead
  base::Duration took{};     // of one that is_blocked: before it began to wait
  const engine::CommandSpec* spec = nullptr;
  // kLiteral: the reply; kRead, and kWrite that is_blocked: the arguments one behind the other;
  // kWrite: a fixed reply.
  std::string bytes;
  std::vector<std::uint32_t> sizes;          // of the arguments
  std::unique_ptr<Transaction> transaction;  // an EXEC
  // Settings of this node that take effect with this CONFIG SET's in the log.
  std::unique_ptr<std::vector<Config::Change>> own_settings;

  void set_arguments(engine::Arguments argv);
  // Views into `bytes`.
  void arguments(std::vector<std::string_view>& argv) const;
};

class OperationRing {
 public:
  [[nodiscard]] bool empty() const { return first_ == next_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // of arguments and replies waiting
  // Those whose reply is yet to be made and has no small bound.
  [[nodiscard]] std::size_t large_replies() const { return large_replies_; }
  [[nodiscard]] std::uint64_t front_number() const { return first_; }
  [[nodiscard]] Operation& front() { return slot(first_); }
  [[nodiscard]] const Operation& front() const { return slots_[first_ & (slots_.size() - 1)]; }
  // The operation of that number, or nullptr if it has been answered.
  [[nodiscard]] Operation* find(std::uint64_t number) {
    return number >= first_ && number < next_ ? &slot(number) : nullptr;
  }

  // A blank operation at the end; returns its number. Call `grown` when its bytes are filled in.
  std::uint64_t push(OperationKind kind, bool may_be_large = false);
  [[nodiscard]] Operation& back() { return slot(next_ - 1); }
  void grown() { bytes_ += back().bytes.size(); }
  // The front operation's bytes are others now; there were `before` of them.
  void front_changed(std::size_t before) { bytes_ += front().bytes.size() - before; }
  void pop();
  void clear();

 private:
  static constexpr std::size_t kSlotsMin = 8;
  static constexpr std::size_t kSlotsKept = 64;  // an empty ring larger than this is given back
  static constexpr std::size_t kSlotBytesKept = 4096;  // so is a larger slot
  Operation& slot(std::uint64_t number) { return slots_[number & (slots_.size() - 1)]; }
  void grow();

  std::vector<Operation> slots_;  // a power of two
  std::uint64_t first_ = 1, next_ = 1;
  std::size_t bytes_ = 0, large_replies_ = 0;
};

}  // namespace node
