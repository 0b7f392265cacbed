// Whether a user may carry out a command: its command, the keys it uses, the channels it names. A
// user may do what one of its selectors allows as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/users/users.h"

namespace engine::users {

// What was refused. In the order of what is looked at: of several selectors that refuse, the one
// that came farthest counts.
enum class Denied : std::uint8_t { kNothing, kCommand, kKey, kChannel };

struct Verdict {
  Denied what = Denied::kNothing;
  std::size_t place = 0;  // of the key or channel among the words
};

[[nodiscard]] Verdict judge(const Users& users, const User& user, const CommandSpec& spec,
                            Arguments argv);

// Whether the user may read every key there is (what SORT's BY and GET may name).
[[nodiscard]] bool may_read_all_keys(const Users& users, const User& user, const CommandSpec& spec,
                                     Arguments argv);

// Where a command was refused, for the ACL log.
enum class Where : std::uint8_t { kTopLevel, kMulti, kScript };
struct Denial {
  Denied what = Denied::kNothing;
  Where where = Where::kTopLevel;
  std::string object;  // the command's full name, or the key or channel
};
[[nodiscard]] Denial denial_of(const Verdict& verdict, Where where, const CommandSpec& spec,
                               Arguments argv);
// Redis 7.0's reply for it, with its code; in a script what the command answers there.
[[nodiscard]] std::string error_text(const Denial& denial);

}  // namespace engine::users
