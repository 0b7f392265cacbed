// Finds the ends of replies in a stream, in pieces of any size, and looks at nothing but what tells
// an error or an integer. Nothing is copied except a line that is cut by the end of a piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

class ReplyCounter {
 public:
  // Calls `on_reply(std::string_view first_line)` for each reply that `bytes` completes; the line
  // is that of the reply's last part and stands only during the call.
  template <class OnReply>
  void feed(std::string_view bytes, OnReply on_reply) {
    while (!bytes.empty()) {
      if (body_ > 0) {
        const std::size_t skipped = bytes.size() < body_ ? bytes.size() : body_;
        bytes.remove_prefix(skipped);
        body_ -= skipped;
        if (body_ == 0 && --parts_ == 0) on_reply(std::string_view("$")), parts_ = 1;
        continue;
      }
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        cut_.append(bytes);
        return;
      }
      const std::string_view piece = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (cut_.empty()) {
        take_line(piece, on_reply);
      } else {
        const std::string line = std::move(cut_.append(piece));
        cut_.clear();
        take_line(line, on_reply);
      }
    }
  }

 private:
  static std::int64_t number(std::string_view line);

  template <class OnReply>
  void take_line(std::string_view line, OnReply on_reply) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const char kind = line.empty() ? '+' : line.front();
    const std::int64_t size = kind == '$' || kind == '*' ? number(line.substr(1)) : -1;
    if (kind == '$' && size >= 0) {
      body_ = static_cast<std::uint64_t>(size) + 2;
      return;
    }
    if (kind == '*' && size > 0) parts_ += static_cast<std::uint64_t>(size);
    if (--parts_ == 0) on_reply(line), parts_ = 1;
  }

  std::uint64_t parts_ = 1;  // of the present reply, not seen yet
  std::uint64_t body_ = 0;   // of a bulk, CRLF included, not seen yet
  std::string cut_;
};

}  // namespace bench
