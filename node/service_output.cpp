// What the driver is told at the end of a turn, and each session's output: sent bytes, limits,
// closing.
#include <algorithm>
#include <utility>

#include "base/number.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::size_t kOutputBytesKept = 64 * 1024;  // of an empty buffer

// The triple of class normal in client-output-buffer-limit.
OutputLimit normal_limit(const std::string& text) {
  std::vector<std::string> words;
  OutputLimit limit;
  if (!resp::split_words(text, words)) return limit;
  for (std::size_t i = 0; i + 3 < words.size(); i += 4) {
    if (words[i] != "normal") continue;
    limit.hard = base::parse_unsigned(words[i + 1]).value_or(0);
    limit.soft = base::parse_unsigned(words[i + 2]).value_or(0);
    limit.soft_seconds = base::parse_integer(words[i + 3]).value_or(0);
  }
  return limit;
}

}  // namespace

std::string_view Service::Machine::unsent(base::ConnectionId connection) const {
  const Session* session = sessions_.find(connection);
  if (session == nullptr) return {};
  return std::string_view(session->output).substr(session->output_sent);
}

void Service::Machine::on_written(base::ConnectionId connection, std::size_t bytes) {
  Session* session = sessions_.find(connection);
  if (session == nullptr) return;
  statistics_.output_bytes += bytes;
  session->output_sent += bytes;
  if (session->output_sent < session->output.size()) {
    // What was sent is dropped when it is the larger part: each byte moves at most once on average.
    if (session->output_sent < kOutputBytesKept ||
        session->output_sent < session->output.size() / 2)
      return;
    session->output.erase(0, session->output_sent);
    session->output_sent = 0;
    return;
  }
  session->output_sent = 0;
  session->output.clear();
  session->over_soft_limit_since.reset();
  if (session->output.capacity() > kOutputBytesKept) std::string().swap(session->output);
}

void Service::Machine::mark_dirty(Session& session) {
  if (!std::exchange(session.is_dirty, true)) dirty_.push_back(session.id);
}

void Service::Machine::tell_driver() {
  if (dirty_.empty()) return;
  const std::string& setting = config_.text("client-output-buffer-limit");
  if (setting != output_limit_text_) {
    output_limit_text_ = setting;
    output_limit_ = normal_limit(setting);
  }
  const OutputLimit& limit = output_limit_;
  for (const base::ConnectionId id : dirty_) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->is_dirty = false;
    if (limit.hard > 0 || limit.soft > 0) check_output_limit(*session, limit);
    if (session->closes_when_sent && !std::exchange(session->is_close_told, true))
      out_.closes.push_back(id);
    out_.dirty.push_back(id);
  }
  dirty_.clear();
}

void Service::Machine::check_output_limit(Session& session, const OutputLimit& limit) {
  const std::uint64_t unsent_now = session.unsent_bytes();
  if (limit.hard > 0 && unsent_now >= limit.hard)
    return kill(session, "its output buffer is over the hard limit");
  if (limit.soft == 0 || unsent_now < limit.soft) return session.over_soft_limit_since.reset();
  if (!session.over_soft_limit_since) session.over_soft_limit_since = clocks_.now;
  if (clocks_.now - *session.over_soft_limit_since >
      base::milliseconds(1000 * limit.soft_seconds)) {
    kill(session, "its output buffer is over the soft limit");
  }
}

// The directive timeout: clients that said nothing for so many seconds and are owed nothing.
void Service::Machine::close_idle() {
  const std::int64_t seconds = config_.integer("timeout");
  if (seconds <= 0) return;
  due(clocks_.now + base::milliseconds(1000));
  sessions_.for_each([&](Session& session) {
    const bool is_idle =
        session.operations.empty() && session.stall == Stall::kNone && !session.is_input_over;
    if (is_idle && clocks_.now - session.last_active > base::milliseconds(1000 * seconds))
      kill(session, "it was idle for too long");
  });
}

// At once; what it is owed is lost.
void Service::Machine::kill(Session& session, std::string_view why) {
  if (!why.empty()) {
    line(LogLevel::kWarning, "closing client " + std::to_string(session.id.value()) + " (" +
                                 session.info.remote_address + "): " + std::string(why));
  }
  end_input(session);
  out_.kills.push_back(session.id);
}

}  // namespace node
