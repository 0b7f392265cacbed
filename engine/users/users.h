// All users of the cluster: replicated state. There is always one named "default", which whoever
// has not logged in is. Changed by the log alone (engine/commands/users.cpp, and the settings that
// a configuration file seeds a fresh cluster with); names are ordered.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "engine/users/user.h"

namespace engine::users {

inline constexpr std::string_view kDefaultUser = "default";

class Users {
 public:
  using ByName = std::map<std::string, User, std::less<>>;

  // `table` outlives it.
  explicit Users(const CommandTable& table);
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;

  [[nodiscard]] const User& default_user() const { return *default_; }
  // Empty: the default one; nullptr: there is none of that name.
  [[nodiscard]] const User* find(std::string_view name) const;
  [[nodiscard]] const ByName& all() const { return users_; }
  [[nodiscard]] const CommandCatalog& catalog() const { return *catalog_; }
  // Nobody has changed them: there is the default user alone, who may do everything.
  [[nodiscard]] bool is_untouched() const { return is_untouched_; }
  // All is as in a cluster that knows no users.
  [[nodiscard]] bool says_nothing() const { return is_untouched_ && !has_all_channels_at_first_; }

  // All rules or none. Empty: done, else Redis's error without its code.
  [[nodiscard]] std::string set(std::string_view name, Arguments rules);
  // False: there was none. The default user stays.
  bool remove(std::string_view name);
  // What CONFIG SET requirepass does; `hash`: of the password, empty: none is needed.
  void set_default_password(std::string_view hash);
  [[nodiscard]] const std::string& password_required() const { return password_required_; }
  // acl-pubsub-default: what users that are made from now on begin with.
  void set_channels_at_first(bool has_all);
  [[nodiscard]] bool has_all_channels_at_first() const { return has_all_channels_at_first_; }
  // Takes over those of a file of lines "user NAME RULE ...", and a default user that may do
  // everything if the file names none. Empty: done, else all that is wrong with it, each with
  // `file` and its line, and nothing has changed.
  [[nodiscard]] std::string load(std::string_view text, std::string_view file);
  // The same lines, as ACL LIST has them, each with its line end.
  [[nodiscard]] std::string describe() const;

  // Takes over the users of another one's encode(), and nothing else; what is malformed has no
  // effect.
  void replace(std::string_view bytes);
  void encode(base::Encoder& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  [[nodiscard]] User make_default() const;
  [[nodiscard]] bool decode_users(base::Decoder& in);
  void take_over(ByName users);

  std::shared_ptr<const CommandCatalog> catalog_;
  ByName users_;
  User* default_ = nullptr;        // in users_
  std::string password_required_;  // the hash that requirepass gave last
  bool has_all_channels_at_first_ = false;
  bool is_untouched_ = true;
};

}  // namespace engine::users
