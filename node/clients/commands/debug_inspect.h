// The subcommands of DEBUG that look at values and tables: OBJECT, LISTPACK, HTSTATS, HTSTATS-KEY,
// STRINGMATCH-LEN, QUICKLIST-PACKED-THRESHOLD, LOADAOF; and PROTOCOL, which shows replies.
#pragma once

#include "node/clients/commands/local_command.h"

namespace node {

// False: none of them, or a wrong number of arguments; no reply was written.
[[nodiscard]] bool inspect(LocalCall& call);
// PROTOCOL <kind>.
void show_protocol(LocalCall& call);

}  // namespace node
