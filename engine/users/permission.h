// Whether a user may carry out a command: its command, the keys it uses, the channels it names. A
// user may do what one of its selectors allows as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/command/command.h"
#include "engine/command/denial.h"
#include "engine/users/users.h"

namespace engine::users {

struct Verdict {
  Denied what = Denied::kNothing;
  std::size_t place = 0;  // of the key or channel among the words
};

[[nodiscard]] Verdict judge(const Users& users, const User& user, const CommandSpec& spec,
                            Arguments argv);

// Whether one of its selectors lets it listen to the channel, or to the pattern as it stands there.
[[nodiscard]] bool may_use_channel(const User& user, std::string_view channel, bool is_pattern);

// Whether the user may read every key there is (what SORT's BY and GET may name).
[[nodiscard]] bool may_read_all_keys(const Users& users, const User& user, const CommandSpec& spec,
                                     Arguments argv);

[[nodiscard]] Denial denial_of(const Verdict& verdict, Where where, const CommandSpec& spec,
                               Arguments argv);
// Redis 7.0's reply for it, with its code; in a script what the command answers there.
[[nodiscard]] std::string error_text(const Denial& denial);

}  // namespace engine::users
