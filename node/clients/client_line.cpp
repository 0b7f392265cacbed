#include "node/clients/client_line.h"

#include <algorithm>

namespace node {
namespace {

std::int64_t seconds(base::Duration duration) { return duration.count() / 1000000; }

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.subscriber.is_subscribed()) flags += 'P';
  if (session.multi.is_open()) flags += 'x';
  if (session.is_blocked() || session.parsing.stall() == Stall::kPaused) flags += 'b';
  if (session.tracking.is_on) flags += 't';
  if (session.tracking.is_redirect_lost) flags += 'R';
  if (session.tracking.is_broadcast) flags += 'B';
  if (session.modes.is_readonly) flags += 'r';
  if (session.modes.no_evict) flags += 'e';
  if (session.info.door == Door::kUnixSocket) flags += 'U';
  if (session.output.closes_when_sent()) flags += 'c';
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
  line +=
      field("fd", static_cast<std::int64_t>(session.id.value())) + " name=" + session.modes.name;
  line += field("age", seconds(now - session.created)) +
          field("idle", seconds(now - session.last_active));
  line += " flags=" + flags_of(session) + field("db", session.modes.database);
  line += field("sub", size_of(session.subscriber.channels)) +
          field("psub", size_of(session.subscriber.patterns)) +
          field("ssub", size_of(session.subscriber.shards));
  line += field("multi", session.multi.is_open()
                             ? static_cast<std::int64_t>(session.multi.queued().commands().size())
                             : -1);
  line += field("qbuf", static_cast<std::int64_t>(session.input.unread_bytes()));
  line += field("qbuf-free",
                static_cast<std::int64_t>(session.input.capacity() - session.input.unread_bytes()));
  line += " argv-mem=0 multi-mem=0 rbs=0 rbp=0" +
          field("obl", static_cast<std::int64_t>(session.output.unsent_bytes()));
  line += " oll=0 omem=0" +
          field("tot-mem", static_cast<std::int64_t>(session.input.capacity() +
                                                     session.output.capacity() + sizeof session));
  line += " events=r cmd=" +
          std::string(session.last_command == nullptr ? "NULL" : session.last_command->name);
  line += " user=" + (session.modes.user.empty() ? "default" : session.modes.user) +
          field("redir", session.tracking.is_on ? session.tracking.redirect : -1) +
          field("resp", session.modes.version);
  if (session.modes.reads.is_set()) line += " reads=" + joined(in_words(session.modes.reads));
  return line;
}

}  // namespace node
