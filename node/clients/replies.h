// Where a reply is written, and what is done when it has been. Invariant: each reply is counted,
// seen or not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "node/clients/desk.h"
#include "node/clients/output.h"

namespace node {

class Replies {
 public:
  Replies(Desk& desk, Output& output) : desk_(desk), output_(output) {}
  // The session's output, or what nobody sees: good until the next call.
  [[nodiscard]] std::string& buffer(Session& session, bool is_silent) {
    if (!is_silent && !session.output.is_killed()) return session.output.buffer();
    desk_.scratch.silent.clear();
    return desk_.scratch.silent;
  }
  // A reply was appended to `out`, from `before` on: to the session's output, or to what nobody
  // sees.
  void answered(Session& session, const std::string& out, std::size_t before) {
    count(std::string_view(out).substr(before));
    if (session.output.is_buffer(out)) output_.on_reply(session);
  }
  // `text` as a reply.
  void append(Session& session, std::string_view text, bool is_silent);
  void append_error(Session& session, const Operation& operation, std::string_view text);
  void count(std::string_view reply) {
    if (reply.starts_with('-')) desk_.statistics.count_errors(Statistics::code_of(reply), 1);
  }

 private:
  Desk& desk_;
  Output& output_;
};

}  // namespace node
