#include "node/clients/client_line.h"

#include <algorithm>

namespace node {
namespace {

std::int64_t seconds(base::Duration duration) { return duration.count() / 1000000; }

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.subscriber.is_subscribed()) flags += 'P';
  if (session.in_multi) flags += 'x';
  if (session.is_blocked() || session.stall == Stall::kPaused) flags += 'b';
  if (session.tracking.is_on) flags += 't';
  if (session.tracking.is_redirect_lost) flags += 'R';
  if (session.tracking.is_broadcast) flags += 'B';
  if (session.is_readonly) flags += 'r';
  if (session.no_evict) flags += 'e';
  if (session.info.door == Door::kUnixSocket) flags += 'U';
  if (session.closes_when_sent) flags += 'c';
  return flags.empty() ? "N" : flags;
}

// A field has no spaces.
std::string joined(std::string words) {
  std::replace(words.begin(), words.end(), ' ', ':');
  return words;
}

std::int64_t size_of(const Subscriber::Places& places) {
  return static_cast<std::int64_t>(places.size());
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
  line += " flags=" + flags_of(session) + field("db", session.database);
  line += field("sub", size_of(session.subscriber.channels)) +
          field("psub", size_of(session.subscriber.patterns)) +
          field("ssub", size_of(session.subscriber.shards));
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
  line += " user=" + (session.user.empty() ? "default" : session.user) +
          field("redir", session.tracking.is_on ? session.tracking.redirect : -1) +
          field("resp", session.version);
  if (session.reads.is_set()) line += " reads=" + joined(in_words(session.reads));
  return line;
}

}  // namespace node
