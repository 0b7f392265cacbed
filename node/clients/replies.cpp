#include "node/clients/replies.h"

#include <string>

namespace node {

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

void Replies::count_error(std::string_view reply) {
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
