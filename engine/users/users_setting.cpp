#include "engine/users/users_setting.h"

namespace engine::users {

bool is_setting(std::string_view name) {
  return name == kUsersSetting || name == kFirstUsersSetting || name == kPasswordSetting ||
         name == kChannelsSetting;
}

// Values were looked at by the node that proposed them; a list of users that this program cannot
// read changes nothing.
void take_setting(Users& users, std::string_view name, std::string_view value) {
  if (name == kUsersSetting) {
    users.replace(value);
  } else if (name == kFirstUsersSetting) {
    base::Decoder in(value);
    if (users.is_untouched()) static_cast<void>(users.decode(in));  // its node's default counts
  } else if (name == kPasswordSetting) {
    users.set_default_password(value);
  } else {
    users.set_channels_at_first(value == "allchannels");
  }
}

std::optional<std::string> setting_of(const Users& users, std::string_view name) {
  if (name != kChannelsSetting) return {};
  return users.has_all_channels_at_first() ? "allchannels" : "resetchannels";
}

}  // namespace engine::users
