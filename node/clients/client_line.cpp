#include "node/clients/client_line.h"

namespace node {
namespace {

std::int64_t seconds(base::Duration duration) { return duration.count() / 1000000; }

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.in_multi) flags += 'x';
  if (session.is_blocked() || session.stall == Stall::kPaused) flags += 'b';
  if (session.is_readonly) flags += 'r';
  if (session.no_evict) flags += 'e';
  if (session.info.door == Door::kUnixSocket) flags += 'U';
  if (session.closes_when_sent) flags += 'c';
  return flags.empty() ? "N" : flags;
}

}  // namespace

std::string client_line(base::NodeId self, base::Instant now, const Session& session) {
  const auto field = [](const char* name, std::int64_t value) {
    return std::string(" ") + name + "=" + std::to_string(value);
  };
  std::string line = "id=" + std::to_string(client_id(self, session.id));
  line += " addr=" + session.info.remote_address + " laddr=" + session.info.local_address;
  line += field("fd", static_cast<std::int64_t>(session.id.value())) + " name=" + session.name;
  line += field("age", seconds(now - session.created)) +
          field("idle", seconds(now - session.last_active));
  line += " flags=" + flags_of(session) + field("db", session.database) + " sub=0 psub=0 ssub=0";
  line += field("multi", session.in_multi
                             ? static_cast<std::int64_t>(session.transaction.commands().size())
                             : -1);
  line += field("qbuf", static_cast<std::int64_t>(session.input.unread().size()));
  line += field("qbuf-free", static_cast<std::int64_t>(session.input.capacity() -
                                                       session.input.unread().size()));
  line += " argv-mem=0 multi-mem=0 rbs=0 rbp=0" +
          field("obl", static_cast<std::int64_t>(session.unsent_bytes()));
  line += " oll=0 omem=0" +
          field("tot-mem", static_cast<std::int64_t>(session.input.capacity() +
                                                     session.output.capacity() + sizeof session));
  line += " events=r cmd=" +
          std::string(session.last_command == nullptr ? "NULL" : session.last_command->name);
  line += " user=" + (session.user.empty() ? "default" : session.user) + " redir=-1" +
          field("resp", session.version);
  return line;
}

}  // namespace node
