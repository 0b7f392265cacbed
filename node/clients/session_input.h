// What one client has said and was not taken yet: unread bytes, and the parser that cuts them into
// commands. Invariant: after its end (QUIT, a protocol error, a limit) nothing is unread, and
// nothing more is parsed.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "resp/input_buffer.h"
#include "resp/parser.h"

namespace node {

class SessionInput {
 public:
  void append(std::string_view bytes) { buffer_.append(bytes, parser_.missing_bytes()); }
  [[nodiscard]] std::size_t unread_bytes() const { return buffer_.unread().size(); }
  [[nodiscard]] std::size_t capacity() const { return buffer_.capacity(); }

  // ---- commands ----
  void set_limits(const resp::RequestLimits& limits) { parser_.set_limits(limits); }
  [[nodiscard]] resp::RequestParser::Status next(std::size_t& consumed) {
    return parser_.next(buffer_.unread(), consumed);
  }
  // Of the last next(); views of what is unread.
  [[nodiscard]] std::span<const std::string_view> argv() const { return parser_.argv(); }
  [[nodiscard]] const std::string& error() const { return parser_.error(); }
  // What the last next() has read is done with.
  void consume(std::size_t bytes) {
    if (!is_over_) buffer_.consume(bytes);
  }
  void release_if_idle() {
    buffer_.release_if_idle();
    parser_.release_if_idle();
  }

  // ---- its end ----
  [[nodiscard]] bool is_over() const { return is_over_; }
  void end() {
    is_over_ = true;
    buffer_.consume(buffer_.unread().size());
  }

 private:
  resp::InputBuffer buffer_;
  resp::RequestParser parser_;
  bool is_over_ = false;
};

}  // namespace node
