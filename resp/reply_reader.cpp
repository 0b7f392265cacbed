#include "resp/reply_reader.h"

#include "base/number.h"

namespace resp {

bool ReplyReader::broken() {
  is_broken_ = true;
  return false;
}

bool ReplyReader::line(std::size_t& at, std::string_view& text) const {
  const std::size_t end = buffer_.find("\r\n", at);
  if (end == std::string::npos) return false;
  text = std::string_view(buffer_).substr(at, end - at);
  at = end + 2;
  return true;
}

std::optional<Reply> ReplyReader::next() {
  std::size_t at = 0;
  Reply reply;
  if (is_broken_ || buffer_.empty() || !read(at, reply, 0)) return {};
  buffer_.erase(0, at);
  return reply;
}

bool ReplyReader::read(std::size_t& at, Reply& reply, int depth) {
  std::string_view text;
  if (depth > kDepthMax) return broken();
  if (!line(at, text)) return false;
  if (text.empty()) return broken();
  reply.type = text.front();
  text.remove_prefix(1);
  switch (reply.type) {
    case '+': case '-': case ',': case '(':
      reply.text = text;
      return true;
    case '_':
      reply.is_null = true;
      return true;
    case '#':
      reply.integer = text == "t" ? 1 : 0;
      return text == "t" || text == "f" || broken();
    default: {
      const auto number = base::parse_integer(text);
      return number ? read_counted(at, reply, *number, depth) : broken();
    }
  }
}

bool ReplyReader::read_counted(std::size_t& at, Reply& reply, std::int64_t count, int depth) {
  if (reply.type == ':') {
    reply.integer = count;
    return true;
  }
  if (count < 0) {
    reply.is_null = true;
    return true;
  }
  if (reply.type == '$' || reply.type == '=') {
    const auto size = static_cast<std::size_t>(count);
    if (buffer_.size() < at + size + 2) return false;
    reply.text = buffer_.substr(at, size);
    at += size + 2;
    return true;
  }
  if (std::string_view("*~>%").find(reply.type) == std::string_view::npos) return broken();
  const std::int64_t total = reply.type == '%' ? 2 * count : count;
  for (std::int64_t i = 0; i < total; ++i) {
    if (!read(at, reply.elements.emplace_back(), depth + 1)) return false;
  }
  return true;
}

}  // namespace resp
