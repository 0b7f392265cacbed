#include "resp/reply_writer.h"

#include <cmath>
#include <cstdio>

namespace resp {

void ReplyWriter::error(std::string_view text) {
  out_.push_back('-');
  const std::size_t start = out_.size();
  out_.append(text);
  for (std::size_t i = start; i < out_.size(); ++i) {
    if (out_[i] == '\r' || out_[i] == '\n') out_[i] = ' ';
  }
  out_.append("\r\n");
}

void ReplyWriter::bulk_integer(std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  bulk(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void ReplyWriter::boolean(bool value) {
  if (is_resp3()) {
    out_.append(value ? "#t\r\n" : "#f\r\n");
  } else {
    out_.append(value ? ":1\r\n" : ":0\r\n");
  }
}

void ReplyWriter::number(double value) {
  char text[64];
  std::size_t size = 0;
  if (std::isinf(value)) {
    size = static_cast<std::size_t>(std::snprintf(text, sizeof text, "%s", value > 0 ? "inf" : "-inf"));
  } else {
    size = static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.17g", value));
  }
  is_resp3() ? line(',', std::string_view(text, size)) : bulk(std::string_view(text, size));
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  if (!is_resp3()) return bulk(text);
  number_line('=', static_cast<std::int64_t>(format.size() + 1 + text.size()));
  out_.append(format);
  out_.push_back(':');
  out_.append(text);
  out_.append("\r\n");
}

}  // namespace resp
