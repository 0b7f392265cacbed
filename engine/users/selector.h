// A set of rights: over commands, keys and channels (Redis 7.0's selectors; a user has one of its
// own and any number of others). Rights over commands are kept twice: as the rules that led to
// them, which are the state, and as bits by the catalog's numbers, which follow from them.
//
// Invariant: applying rules() in their order to an empty selector gives the same bits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "engine/command/command.h"
#include "engine/users/command_catalog.h"

namespace engine::users {

enum KeyRight : std::uint8_t { kMayReadKey = 1, kMayWriteKey = 2 };

struct KeyPattern {
  std::string glob;
  std::uint8_t rights = 0;  // KeyRight
};

class Selector {
 public:
  using Number = CommandCatalog::Number;
  // The catalog outlives it.
  explicit Selector(const CommandCatalog& catalog)
      : catalog_(&catalog), allowed_(catalog.size(), false) {}

  // One rule; empty: it took effect, else what is wrong with it in Redis's words and nothing has
  // changed.
  [[nodiscard]] std::string_view apply(std::string_view rule);

  // Whether it allows everything, whatever command there is.
  [[nodiscard]] bool is_unlimited() const {
    return may_all_commands() && has_all_keys_ && has_all_channels_;
  }
  [[nodiscard]] bool may_all_commands() const { return is_for_future_ && allowed_count_ == size(); }
  [[nodiscard]] bool has_all_keys() const { return has_all_keys_; }
  [[nodiscard]] bool has_all_channels() const { return has_all_channels_; }
  [[nodiscard]] bool may_run(Number command) const { return allowed_[command]; }
  // Whether a command is allowed as far as its word behind the name is one of those given.
  [[nodiscard]] bool may_run_with(Number command, std::string_view first_word) const;
  // `rights`: of KeyRight, all that the key is used for.
  [[nodiscard]] bool may_use_key(std::string_view key, std::uint8_t rights) const;
  // Whether one of its patterns gives these rights to every key.
  [[nodiscard]] bool may_use_every_key(std::uint8_t rights) const;
  // `is_pattern`: somebody wants to subscribe to it, which takes the very same pattern.
  [[nodiscard]] bool may_use_channel(std::string_view channel, bool is_pattern) const;

  // ---- as Redis writes it back ----
  [[nodiscard]] std::string describe_commands() const;
  [[nodiscard]] std::string describe_keys() const;      // separated by blanks; empty: none
  [[nodiscard]] std::string describe_channels() const;  // the same
  // All of it, as in ACL LIST.
  [[nodiscard]] std::string describe() const;

  void encode(base::Encoder& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  [[nodiscard]] std::size_t size() const { return allowed_.size(); }
  [[nodiscard]] std::string_view apply_to_commands(std::string_view rule);
  [[nodiscard]] std::string_view allow_first_word(std::string_view rule, std::size_t bar);
  [[nodiscard]] std::string_view add_keys(std::string_view rule);
  [[nodiscard]] std::string_view add_channel(std::string_view pattern);
  void set_all_commands(bool is_allowed);
  void set_category(std::uint64_t category, bool is_allowed);
  void set_command(Number command, bool is_allowed);
  void set_bit(Number command, bool is_allowed);
  void remember(std::string rule);

  const CommandCatalog* catalog_;
  std::vector<bool> allowed_;
  std::size_t allowed_count_ = 0;
  bool is_for_future_ = false;  // +@all stands before all else
  std::map<Number, std::vector<std::string>> first_words_;
  std::vector<std::string> rules_;  // about commands, those that others took back left out
  bool has_all_keys_ = false, has_all_channels_ = false;
  std::vector<KeyPattern> keys_;
  std::vector<std::string> channels_;
};

// The bit of a category by its name in any case; 0: there is none.
[[nodiscard]] std::uint64_t category_named(std::string_view name);

}  // namespace engine::users
