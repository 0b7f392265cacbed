#include "resp/reply_reader.h"

#include <algorithm>
#include <utility>

#include "base/number.h"

namespace resp {

void ReplyReader::feed(std::string_view bytes) {
  // Drop what is read only when it is the larger part: amortised, no byte moves twice for one
  // consumed.
  if (at_ > 0 && at_ >= buffer_.size() / 2) {
    buffer_.erase(0, at_);
    scanned_ -= std::min(scanned_, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

std::optional<Reply> ReplyReader::next() {
  while (!is_broken_) {
    Reply reply;
    switch (step(reply)) {
      case Step::kValue:
        if (place(reply)) return reply;
        break;
      case Step::kOpened: break;
      case Step::kNeedMore: return {};
      case Step::kBroken: is_broken_ = true;
    }
  }
  return {};
}

bool ReplyReader::line(std::string_view& text) {
  const std::size_t end = buffer_.find("\r\n", std::max(at_, scanned_));
  if (end == std::string::npos) {
    scanned_ =
        buffer_.empty() ? 0 : buffer_.size() - 1;  // a lone '\r' at the end is looked at again
    return false;
  }
  text = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 2;
  return true;
}

ReplyReader::Step ReplyReader::step(Reply& reply) {
  if (bulk_size_ >= 0) return bulk(reply);
  std::string_view text;
  if (!line(text)) return buffer_.size() - at_ > kLineBytesMax ? Step::kBroken : Step::kNeedMore;
  if (text.empty()) return Step::kBroken;
  reply.type = text.front();
  return scalar(reply, text.substr(1));
}

ReplyReader::Step ReplyReader::scalar(Reply& reply, std::string_view text) {
  switch (reply.type) {
    case '+':
    case '-':
    case ',':
    case '(': reply.text = text; return Step::kValue;
    case '_': reply.is_null = true; return text.empty() ? Step::kValue : Step::kBroken;
    case '#':
      reply.integer = text == "t" ? 1 : 0;
      return text == "t" || text == "f" ? Step::kValue : Step::kBroken;
    default: {
      const auto number = base::parse_integer(text);
      return number ? counted(reply, *number) : Step::kBroken;
    }
  }
}

ReplyReader::Step ReplyReader::counted(Reply& reply, std::int64_t count) {
  switch (reply.type) {
    case ':': reply.integer = count; return Step::kValue;
    case '$':
    case '=':
    case '!':
      if (count == -1 && reply.type == '$') return reply.is_null = true, Step::kValue;
      if (count < 0 || count > kBulkBytesMax) return Step::kBroken;
      bulk_size_ = count;
      bulk_type_ = reply.type;
      return bulk(reply);
    case '*':
      if (count == -1) return reply.is_null = true, Step::kValue;
      return open(reply, count);
    case '~':
    case '>':
    case '%':
    case '|': return open(reply, count);
    default: return Step::kBroken;
  }
}

ReplyReader::Step ReplyReader::open(Reply& reply, std::int64_t count) {
  if (count < 0) return Step::kBroken;
  const bool is_pairs = reply.type == '%' || reply.type == '|';
  if (count == 0 && reply.type != '|') return Step::kValue;
  if (count == 0) return Step::kOpened;  // no attributes at all
  if (open_.size() >= kDepthMax) return Step::kBroken;
  if (reply.type != '|') reply.attributes = std::exchange(attributes_, {});
  open_.push_back({std::move(reply), static_cast<std::uint64_t>(count) * (is_pairs ? 2 : 1)});
  return Step::kOpened;
}

ReplyReader::Step ReplyReader::bulk(Reply& reply) {
  const auto size = static_cast<std::size_t>(bulk_size_);
  if (buffer_.size() - at_ < size + 2) return Step::kNeedMore;
  if (buffer_.compare(at_ + size, 2, "\r\n") != 0) return Step::kBroken;
  reply.type = bulk_type_;
  reply.text = buffer_.substr(at_, size);
  at_ += size + 2;
  bulk_size_ = -1;
  return Step::kValue;
}

bool ReplyReader::place(Reply& reply) {
  reply.attributes = std::exchange(attributes_, {});
  while (!open_.empty()) {
    Open& parent = open_.back();
    parent.reply.elements.push_back(std::move(reply));
    if (--parent.missing > 0) return false;
    reply = std::move(parent.reply);
    open_.pop_back();
    if (reply.type == '|') {
      attributes_ = std::move(reply.elements);
      return false;
    }
  }
  return true;
}

}  // namespace resp
