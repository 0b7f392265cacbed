// What the function of a command that reads sees: its words, its database, the time, the reply, and
// the keyspace through lookups that know about expiry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "engine/command/arguments.h"
#include "engine/command/errors.h"
#include "engine/command/request.h"
#include "engine/state/candidates.h"
#include "engine/state/state.h"
#include "resp/reply_writer.h"

namespace engine {

// What a lookup says of a key, for INFO's hits and misses and for eviction.
enum class Lookup : std::uint8_t {
  kUse,      // counted, and the key was used
  kLook,     // counted, but only looked at: TTL, TYPE, EXISTS
  kInspect,  // the same, and no event: OBJECT
  kSilent,   // neither
};

// The entry of a key that has to be of a type; nullptr if it is absent or of another one.
class Found {
 public:
  explicit Found(const Entry* entry) : entry_(entry) {}
  [[nodiscard]] static Found wrong() { return Found(nullptr, true); }

  // The key holds another type, and the error is written.
  [[nodiscard]] bool is_wrong() const { return is_wrong_; }
  operator const Entry*() const { return entry_; }
  const Entry* operator->() const { return entry_; }

 private:
  Found(const Entry* entry, bool is_wrong) : entry_(entry), is_wrong_(is_wrong) {}
  const Entry* entry_ = nullptr;
  bool is_wrong_ = false;
};

class ReadContext {
 public:
  ReadContext(const State& state, Arguments argv, std::uint32_t database, base::UnixMillis now_ms,
              bool may_propose_time, std::uint64_t seed, resp::ReplyWriter& reply)
      : reply_(reply),
        argv_(argv),
        database_(database),
        now_ms_(now_ms),
        prng_(seed),
        state_(state),
        may_propose_time_(may_propose_time) {}

  [[nodiscard]] resp::ReplyWriter& reply() { return reply_; }
  [[nodiscard]] Arguments argv() const { return argv_; }
  [[nodiscard]] std::string_view arg(std::size_t i) const { return argv_[i]; }
  [[nodiscard]] std::size_t argc() const { return argv_.size(); }
  [[nodiscard]] std::uint32_t database() const { return database_; }
  // Reads: the clock that TTL counts from. Writes: the entry's time.
  [[nodiscard]] base::UnixMillis now_ms() const { return now_ms_; }
  // The log's: what is not after it has expired.
  [[nodiscard]] base::UnixMillis log_ms() const { return state_.time_ms; }
  [[nodiscard]] base::Prng& prng() { return prng_; }
  [[nodiscard]] const Keyspace& keyspace() const { return state_.database(database_); }
  [[nodiscard]] const State& state() const { return state_; }
  // For collections that are made.
  [[nodiscard]] const HashSecret& hash_secret() const { return state_.settings.hash_secret(); }

  // nullptr if absent or expired by the log.
  [[nodiscard]] const Entry* find(std::string_view key, Lookup lookup = Lookup::kUse);
  [[nodiscard]] const Entry* find_in(std::uint32_t database, std::string_view key,
                                     Lookup lookup = Lookup::kUse);
  // The same for a key that must be of a type: WRONGTYPE is written if it is not.
  [[nodiscard]] Found find_of(std::string_view key, Type type);
  // Whether an entry met while walking the keyspace is there; notes that it is to be swept first
  // (QueryOutcome::kNeedsTime).
  [[nodiscard]] bool is_visible(const Entry& entry) { return is_visible_in(database_, entry); }
  // Where the expired keys that are met go, for their deletion to be proposed.
  void gather_expired(std::vector<ExpiredKey>* met) { met_ = met; }
  // What misses are told to; a setting decides whether they are.
  void observe(const ReadObserver& observer);
  [[nodiscard]] const ReadObserver& observer() const { return observer_; }
  [[nodiscard]] bool needs_time() const { return needs_time_; }
  // XREAD BLOCK looks again: it is answered by the first stream with news, and a key that is no
  // stream any more may become one.
  void set_again(bool is_again) { is_again_ = is_again; }
  [[nodiscard]] bool is_again() const { return is_again_; }
  // Adds the lookups to the statistics; not called for an answer that is thrown away.
  void count_lookups() const {
    state_.statistics.keyspace_hits += hits_;
    state_.statistics.keyspace_misses += misses_;
  }

  // For a command of a script that is run here, and what it met then.
  [[nodiscard]] ReadContext for_command(Arguments argv, std::uint32_t database, std::uint64_t seed,
                                        resp::ReplyWriter& reply) const {
    ReadContext made(state_, argv, database, now_ms_, may_propose_time_, seed, reply);
    made.met_ = met_;
    made.observer_ = observer_;
    return made;
  }
  void take_over(const ReadContext& inner) {
    needs_time_ = needs_time_ || inner.needs_time_;
    hits_ += inner.hits_;
    misses_ += inner.misses_;
  }

  void error(std::string_view text) { reply_.error(text); }

  // Whether a reply of so many scalars, with so many bytes of text together, is within the budget
  // (DESIGN decision 25); if not, the error is written. Whoever changes something asks before: what
  // is found too large while it is written is undone, changes are not.
  [[nodiscard]] bool reply_fits(std::uint64_t bytes, std::uint64_t scalars = 1) {
    if (reply_.has_room(bytes, scalars)) return true;
    error(errors::kReplyTooLarge);
    return false;
  }

 protected:
  resp::ReplyWriter& reply_;
  Arguments argv_;
  std::uint32_t database_;
  base::UnixMillis now_ms_;
  base::Prng prng_;

  [[nodiscard]] Found checked(const Entry* entry, Type type);

 private:
  [[nodiscard]] bool is_visible_in(std::uint32_t database, const Entry& entry);
  void meet_expired(std::uint32_t database, const Entry& entry);
  void tell_miss(std::uint32_t database, std::string_view key);

  const State& state_;
  bool may_propose_time_;
  bool needs_time_ = false;
  bool is_again_ = false;
  std::vector<ExpiredKey>* met_ = nullptr;
  ReadObserver observer_;
  std::uint64_t hits_ = 0, misses_ = 0;
};

}  // namespace engine
