#include "resp/reply_writer.h"

#include <charconv>

namespace resp {

void ReplyWriter::error(std::string_view text) {
  if (counts(text.size())) put_error(text);
}

void ReplyWriter::uncounted_error(std::string_view text) {
  if (!is_counting_) put_error(text);
}

void ReplyWriter::put_error(std::string_view text) {
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
    text_line(value ? "#t\r\n" : "#f\r\n");
  } else {
    text_line(value ? ":1\r\n" : ":0\r\n");
  }
}

void ReplyWriter::number(double value) {
  char buffer[base::kDoubleTextBytesMax];
  number_text(base::double_text(value, buffer));
}

void ReplyWriter::big_number(std::string_view digits) {
  is_resp3() ? line('(', digits) : bulk(digits);
}

void ReplyWriter::finish_array(Deferred place, std::size_t count) {
  insert_header(place, '*', count);
}

void ReplyWriter::finish_map_of_pairs(Deferred place, std::size_t count) {
  insert_header(place, is_resp3() ? '%' : '*', count);
}

void ReplyWriter::insert_header(Deferred place, char type, std::size_t count) {
  if (!builds()) return;
  char header[24];
  header[0] = type;
  char* end = std::to_chars(header + 1, header + sizeof header, count).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out_.insert(place.at, header, static_cast<std::size_t>(end - header));
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  if (!is_resp3()) return bulk(text);
  if (!counts(text.size())) return;
  number_line('=', static_cast<std::int64_t>(format.size() + 1 + text.size()));
  out_.append(format);
  out_.push_back(':');
  out_.append(text);
  out_.append("\r\n");
}

}  // namespace resp
