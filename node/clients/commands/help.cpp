#include "node/clients/commands/help.h"

#include <algorithm>
#include <string>
#include <vector>

#include "node/clients/doors.h"

namespace node {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

}  // namespace

void write_help(LocalCall& call) {
  const engine::CommandSpec* container =
      manners_of(call.session.info.door).commands().find(call.argv[0]);
  std::vector<std::string> lines = {upper(container->name) +
                                    " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"};
  for (const engine::CommandSpec& sub : container->subcommands) {
    lines.push_back(upper(sub.name.substr(container->name.size() + 1)));
    lines.push_back("    " + std::string(sub.summary));
  }
  call.reply.array(lines.size());
  for (const std::string& line : lines) call.reply.status(line);
}

}  // namespace node
