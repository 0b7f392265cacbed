// What a connection asks of its reads (CLIENT READS, docs/operations.md, "Reads"). Invariant: a
// mode is that of every read its session still owes, for CLIENT READS acts when nothing is owed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "engine/command/command.h"

namespace node {

struct ReadMode {
  enum class Kind : std::uint8_t {
    kDefault,       // linearizable, of whoever leads: what this node cannot answer it does not
    kLinearizable,  // on any node, and by no clock
    kLease,         // on any node; the leader's lease is evidence, if it has one
    kBounded,       // on any node, of a state that was the newest at most `age_most` ago
    kLocal,         // on any node, of its own state
  };
  Kind kind = Kind::kDefault;
  base::Duration age_most{};  // of kBounded

  [[nodiscard]] bool is_set() const { return kind != Kind::kDefault; }
  [[nodiscard]] bool is_bounded() const { return kind == Kind::kBounded; }
  [[nodiscard]] bool is_local() const { return kind == Kind::kLocal; }
  [[nodiscard]] bool is_by_round() const { return kind == Kind::kLinearizable; }
  // This node's own state may be enough for it.
  [[nodiscard]] bool may_be_own() const { return is_bounded() || is_local(); }
  // A follower answers it by its leader's read index.
  [[nodiscard]] bool may_follow() const { return is_set() && !is_local(); }
};

inline constexpr std::int64_t kReadAgeMsMost = 24LL * 60 * 60 * 1000;

// The words behind CLIENT READS, in any case; none: they are no mode.
[[nodiscard]] std::optional<ReadMode> read_mode_of(engine::Arguments words);
// Those words, in lower case.
[[nodiscard]] std::string in_words(const ReadMode& mode);

}  // namespace node
