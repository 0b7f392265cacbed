// The replies of COMMAND and its subcommands, made from a command table. Shapes and order of
// fields as Redis 7.0.
#pragma once

#include "engine/command/table.h"
#include "resp/reply_writer.h"

namespace engine {

// One element of COMMAND and COMMAND INFO; nullptr: null.
void write_command_info(const CommandSpec* spec, resp::ReplyWriter& reply);
// COMMAND: all of them.
void write_all_commands(const CommandTable& commands, resp::ReplyWriter& reply);
// COMMAND INFO, DOCS, LIST, GETKEYS, GETKEYSANDFLAGS with their full argv; errors are written as
// replies.
void write_command_infos(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply);
void write_command_docs(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply);
void write_command_list(const CommandTable& commands, Arguments argv, resp::ReplyWriter& reply);
void write_command_keys(const CommandTable& commands, Arguments argv, bool with_flags,
                        resp::ReplyWriter& reply);

}  // namespace engine
