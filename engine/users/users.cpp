#include "engine/users/users.h"

#include <utility>

#include "base/check.h"
#include "engine/command/errors.h"
#include "engine/users/names.h"
#include "engine/users/users_file.h"

namespace engine::users {
namespace {

constexpr std::uint8_t kAllChannels = 1, kUntouched = 2;

}  // namespace

Users::Users(const CommandTable& table) : catalog_(std::make_shared<CommandCatalog>(table)) {
  take_over({});
}

User Users::make_default() const {
  User user(*catalog_, false);
  for (const std::string_view rule : {"on", "nopass", "allkeys", "allchannels", "allcommands"})
    CHECK(user.apply(rule).empty());
  return user;
}

void Users::take_over(ByName users) {
  users_ = std::move(users);
  const auto found = users_.find(kDefaultUser);
  default_ = found != users_.end()
                 ? &found->second
                 : &users_.emplace(std::string(kDefaultUser), make_default()).first->second;
}

const User* Users::find(std::string_view name) const {
  if (name.empty()) return default_;
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

std::string Users::set(std::string_view name, Arguments words) {
  if (!is_plain_word(name)) return "Usernames can't contain spaces or null characters";
  // Whoever has not logged in has no name in the log.
  if (name.empty()) return "Usernames can't be empty";
  std::vector<std::string> rules;
  std::string_view open;
  if (!join_selectors(words, rules, open))
    return "Unmatched parenthesis in acl selector starting at '" + errors::shown(open) + "'.";
  const User* present = find(name);
  User user = present != nullptr ? *present : User(*catalog_, has_all_channels_at_first_);
  user.set_channels_at_first(has_all_channels_at_first_);
  for (const std::string& rule : rules) {
    const std::string_view error = user.apply(rule);
    if (!error.empty())
      return "Error in ACL SETUSER modifier '" + errors::shown(rule) + "': " + std::string(error);
  }
  users_.insert_or_assign(std::string(name), std::move(user));
  is_untouched_ = false;
  return {};
}

bool Users::remove(std::string_view name) {
  const auto found = users_.find(name);
  if (found == users_.end() || name == kDefaultUser) return false;
  users_.erase(found);
  is_untouched_ = false;
  return true;
}

void Users::set_default_password(std::string_view hash) {
  default_->set_only_password(hash);
  password_required_ = hash;
  is_untouched_ = false;
}

void Users::set_channels_at_first(bool has_all) { has_all_channels_at_first_ = has_all; }

std::string Users::load(std::string_view text, std::string_view file) {
  ByName loaded;
  std::string errors = read_users(text, file, *catalog_, has_all_channels_at_first_, loaded);
  if (!errors.empty()) return errors;
  take_over(std::move(loaded));
  is_untouched_ = false;
  return {};
}

std::string Users::describe() const {
  std::string text;
  for (const auto& [name, user] : users_) text += "user " + name + " " + user.describe() + "\n";
  return text;
}

void Users::encode(base::Encoder& out) const {
  out.u8(static_cast<std::uint8_t>((has_all_channels_at_first_ ? kAllChannels : 0) |
                                   (is_untouched_ ? kUntouched : 0)));
  out.bytes(password_required_);
  out.varint(users_.size());
  for (const auto& [name, user] : users_) {
    out.bytes(name);
    user.encode(out);
  }
}

bool Users::decode(base::Decoder& in) {
  const std::uint8_t flags = in.u8();
  has_all_channels_at_first_ = (flags & kAllChannels) != 0;
  password_required_ = in.bytes();
  if (!decode_users(in)) return false;
  is_untouched_ = (flags & kUntouched) != 0;
  return true;
}

void Users::replace(std::string_view bytes) {
  base::Decoder in(bytes);
  static_cast<void>(in.u8());
  static_cast<void>(in.bytes());
  static_cast<void>(decode_users(in));
}

bool Users::decode_users(base::Decoder& in) {
  ByName loaded;
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    std::string name(in.bytes());
    if (!loaded.try_emplace(std::move(name), *catalog_, has_all_channels_at_first_)
             .first->second.decode(in))
      return false;
  }
  if (!in.ok() || !loaded.contains(kDefaultUser)) return false;
  take_over(std::move(loaded));
  is_untouched_ = false;
  return true;
}

}  // namespace engine::users
