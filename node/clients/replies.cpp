#include "node/clients/replies.h"

#include <string>

namespace node {

std::string& Replies::buffer(Session& session, bool is_silent) {
  if (!is_silent && !session.is_killed) return session.output;
  desk_.scratch.silent.clear();
  return desk_.scratch.silent;
}

// A reply was appended to `out`, from `before` on: to the session's output, or to what nobody sees.
void Replies::answered(Session& session, const std::string& out, std::size_t before) {
  count(std::string_view(out).substr(before));
  if (&out != &session.output) return;
  output_.on_reply(session);
}

void Replies::append(Session& session, std::string_view text, bool is_silent) {
  std::string& out = buffer(session, is_silent);
  const std::size_t before = out.size();
  out.append(text);
  answered(session, out, before);
}

void Replies::append_error(Session& session, const Operation& operation, std::string_view text) {
  std::string& out = buffer(session, operation.is_silent);
  const std::size_t before = out.size();
  resp::ReplyWriter(out, operation.version).error(text);
  answered(session, out, before);
}

void Replies::count(std::string_view reply) {
  if (reply.empty() || reply.front() != '-') return;
  ++desk_.statistics.error_replies;
  const std::string_view code = reply.substr(1, reply.find_first_of(" \r") - 1);
  const auto found = desk_.statistics.errors.find(code);
  if (found != desk_.statistics.errors.end()) {
    ++found->second;
  } else {
    desk_.statistics.errors.emplace(code, 1);
  }
}

}  // namespace node
