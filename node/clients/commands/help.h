// CONTAINER HELP: the subcommands with their summaries, from the command table.
#pragma once

#include "node/clients/commands/local_command.h"

namespace node {

void write_help(LocalCall& call);

}  // namespace node
