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

}  // namespace node
