// A user as Redis 7.0's ACL SETUSER makes one: whether it may log in and how, and what it may do. A
// value; the catalog of commands outlives it. Passwords are kept as SHA-256 in hex, never as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/users/selector.h"

namespace engine::users {

class User {
 public:
  // One that may do nothing and cannot log in. `has_all_channels`: acl-pubsub-default.
  User(const CommandCatalog& catalog, bool has_all_channels);

  // One rule; a selector is one with its parentheses. Empty: it took effect, else what is wrong
  // with it, and nothing has changed.
  [[nodiscard]] std::string_view apply(std::string_view rule);

  [[nodiscard]] bool is_on() const { return is_on_; }
  [[nodiscard]] bool needs_no_password() const { return needs_no_password_; }
  [[nodiscard]] bool has_password(std::string_view password) const;  // in constant time
  // What requirepass does: nothing but this password counts; empty: none is needed.
  void set_only_password(std::string_view hash);
  // Everything is allowed, and nothing has to be looked at.
  [[nodiscard]] bool may_all() const { return may_all_; }
  // acl-pubsub-default as it is now: what selectors that are made or reset from now on begin with.
  void set_channels_at_first(bool has_all) { has_all_channels_at_first_ = has_all; }
  // The first one is the user's own.
  [[nodiscard]] const std::vector<Selector>& selectors() const { return selectors_; }

  // ---- as Redis writes it back ----
  // on, nopass, ...
  [[nodiscard]] std::vector<std::string_view> flags() const;
  [[nodiscard]] const std::vector<std::string>& passwords() const { return passwords_; }
  // A line of ACL LIST behind "user NAME ".
  [[nodiscard]] std::string describe() const;

  void encode(base::Encoder& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  enum class Sanitizing : std::uint8_t { kUnsaid, kYes, kNo };
  [[nodiscard]] bool apply_flag(std::string_view rule);
  [[nodiscard]] std::string_view change_passwords(std::string_view rule);
  [[nodiscard]] std::string_view add_selector(std::string_view rules);
  void reset();
  void note_unlimited();

  const CommandCatalog* catalog_;
  bool has_all_channels_at_first_;
  bool is_on_ = false, needs_no_password_ = false, may_all_ = false;
  Sanitizing sanitizing_ = Sanitizing::kUnsaid;
  std::vector<std::string> passwords_;
  std::vector<Selector> selectors_;
};

// The words of a rule that opens a parenthesis and those up to the one that closes it become one.
// False: one is never closed, `open` is the word that opens it.
[[nodiscard]] bool join_selectors(Arguments words, std::vector<std::string>& rules,
                                  std::string_view& open);

}  // namespace engine::users
