#include "resp/parser.h"

#include <algorithm>

#include "base/check.h"
#include "base/number.h"

namespace resp {

void RequestParser::reset() {
  remaining_ = 0;
  bulk_size_ = -1;
  at_ = scanned_ = missing_ = 0;
  pieces_.clear();
}

void RequestParser::release_if_idle() {
  constexpr std::size_t kArgumentsKept = 1024;
  if (remaining_ > 0 ||
      std::max({pieces_.capacity(), argv_.capacity(), words_.capacity()}) <= kArgumentsKept)
    return;
  std::vector<Piece>().swap(pieces_);
  std::vector<std::string_view>().swap(argv_);
  std::vector<std::string>().swap(words_);
}

RequestParser::Status RequestParser::fail(std::string text) {
  reset();
  error_ = "Protocol error: " + std::move(text);
  return Status::kError;
}

RequestParser::Status RequestParser::next(std::string_view unread, std::size_t& consumed) {
  consumed = 0;
  if (unread.empty()) return Status::kNeedMore;
  return remaining_ > 0 || unread.front() == '*' ? array_command(unread, consumed)
                                                 : inline_command(unread, consumed);
}

bool RequestParser::line(std::string_view unread, std::string_view& text) {
  const std::size_t end = unread.find('\r', std::max(at_, scanned_));
  if (end == std::string_view::npos || end + 1 >= unread.size()) {
    scanned_ = end == std::string_view::npos ? unread.size() : end;
    return false;
  }
  text = unread.substr(at_, end - at_);
  at_ = end + 2;
  return true;
}

RequestParser::Status RequestParser::array_command(std::string_view unread, std::size_t& consumed) {
  if (remaining_ == 0) {
    const Status status = array_header(unread, consumed);
    if (status != Status::kCommand) return status;
  }
  while (remaining_ > 0) {
    const Status status = bulk(unread);
    if (status != Status::kCommand) return status;
  }
  argv_.clear();
  for (const Piece& piece : pieces_) argv_.push_back(unread.substr(piece.offset, piece.size));
  consumed = at_;
  reset();
  return Status::kCommand;
}

RequestParser::Status RequestParser::array_header(std::string_view unread, std::size_t& consumed) {
  std::string_view text;
  if (!line(unread, text)) {
    if (unread.size() > base::limits::kInlineBytesMax) return fail("too big mbulk count string");
    return Status::kNeedMore;
  }
  const auto count = base::parse_integer(text.substr(1));
  if (!count || *count > limits_.arguments_max) return fail("invalid multibulk length");
  if (*count > base::limits::kUnauthenticatedArgumentsMax && limits_.is_unauthenticated) {
    return fail("unauthenticated multibulk length");
  }
  if (*count <= 0) {
    consumed = at_;
    reset();
    return Status::kNothing;
  }
  remaining_ = *count;
  return Status::kCommand;
}

RequestParser::Status RequestParser::bulk(std::string_view unread) {
  if (bulk_size_ < 0) {
    std::string_view text;
    const std::size_t start = at_;
    if (!line(unread, text)) {
      if (unread.size() - start > base::limits::kInlineBytesMax)
        return fail("too big bulk count string");
      return Status::kNeedMore;
    }
    if (text.empty() || text.front() != '$')
      return fail(std::string("expected '$', got '") + unread[start] + "'");
    const auto size = base::parse_integer(text.substr(1));
    if (!size || *size < 0 || static_cast<std::uint64_t>(*size) > limits_.bulk_bytes_max)
      return fail("invalid bulk length");
    if (limits_.is_unauthenticated &&
        static_cast<std::size_t>(*size) > base::limits::kUnauthenticatedBulkBytesMax) {
      return fail("unauthenticated bulk length");
    }
    bulk_size_ = *size;
  }
  const auto size = static_cast<std::size_t>(bulk_size_);
  if (unread.size() - at_ < size + 2) {
    missing_ = size + 2 - (unread.size() - at_);
    return Status::kNeedMore;
  }
  pieces_.push_back({at_, size});
  at_ += size + 2;
  missing_ = 0;
  bulk_size_ = -1;
  --remaining_;
  return Status::kCommand;
}

RequestParser::Status RequestParser::inline_command(std::string_view unread,
                                                    std::size_t& consumed) {
  const std::size_t end = unread.find('\n', scanned_);
  if (end == std::string_view::npos) {
    if (unread.size() > base::limits::kInlineBytesMax) return fail("too big inline request");
    scanned_ = unread.size();
    return Status::kNeedMore;
  }
  std::string_view text = unread.substr(0, end);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (!split_words(text, words_)) return fail("unbalanced quotes in request");
  reset();
  consumed = end + 1;
  argv_.assign(words_.begin(), words_.end());
  return words_.empty() ? Status::kNothing : Status::kCommand;
}

namespace {

// Ends an unquoted word. \v and \f separate words but do not end one: `a\vb` is one word
// (Redis 7.0).
bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0'; }

bool is_blank(char c) { return ends_word(c) || c == '\v' || c == '\f'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

// The quoted part from line[at] == quote; `at` ends behind the closing quote.
bool quoted_part(std::string_view line, std::size_t& at, std::string& word) {
  const char quote = line[at++];
  while (at < line.size()) {
    const char c = line[at];
    const bool has_next = at + 1 < line.size();
    if (c == quote) {
      ++at;
      return at >= line.size() || is_blank(line[at]);
    }
    if (quote == '"' && c == '\\' && at + 3 < line.size() && line[at + 1] == 'x' &&
        hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
      word.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
      at += 4;
    } else if (quote == '"' && c == '\\' && has_next) {
      word.push_back(escaped(line[at + 1]));
      at += 2;
    } else if (quote == '\'' && c == '\\' && has_next && line[at + 1] == '\'') {
      word.push_back('\'');
      at += 2;
    } else {
      word.push_back(c);
      ++at;
    }
  }
  return false;
}

}  // namespace

bool split_words(std::string_view line, std::vector<std::string>& words) {
  words.clear();
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at >= line.size()) return true;
    std::string& word = words.emplace_back();
    while (at < line.size() && !ends_word(line[at])) {
      if (line[at] == '"' || line[at] == '\'') {
        if (!quoted_part(line, at, word)) return false;
        break;
      }
      word.push_back(line[at++]);
    }
  }
}

}  // namespace resp
