// Writes RESP2 or RESP3 replies into a caller's buffer. A value over a reference: cheap to make per
// command. Where the two versions differ the method says what RESP2 gets.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/number.h"

namespace resp {

class ReplyWriter {
 public:
  ReplyWriter(std::string& out, int version) : out_(out), version_(version) {}

  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] bool is_resp3() const { return version_ >= 3; }
  [[nodiscard]] std::string& out() { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  void status(std::string_view text) { line('+', text); }
  // `text` with its code ("ERR ...", "WRONGTYPE ..."); line ends in it become blanks.
  void error(std::string_view text);
  void integer(std::int64_t value) { number_line(':', value); }
  void bulk(std::string_view value) {
    number_line('$', static_cast<std::int64_t>(value.size()));
    out_.append(value);
    out_.append("\r\n");
  }
  void bulk_integer(std::int64_t value);
  void null() { out_.append(is_resp3() ? "_\r\n" : "$-1\r\n"); }
  void null_array() { out_.append(is_resp3() ? "_\r\n" : "*-1\r\n"); }
  void array(std::size_t count) { number_line('*', static_cast<std::int64_t>(count)); }
  // `count` pairs; RESP2: an array of 2 * count.
  void map(std::size_t count) {
    number_line(is_resp3() ? '%' : '*', static_cast<std::int64_t>(is_resp3() ? count : 2 * count));
  }
  void set(std::size_t count) {
    number_line(is_resp3() ? '~' : '*', static_cast<std::int64_t>(count));
  }
  void push(std::size_t count) {
    number_line(is_resp3() ? '>' : '*', static_cast<std::int64_t>(count));
  }
  // RESP2: :1 or :0.
  void boolean(bool value);
  // RESP2: a bulk string. Text as in base::double_text; not for NaN, which Redis never replies.
  void number(double value);
  // A number whose text is made already.
  void number_text(std::string_view text) { is_resp3() ? line(',', text) : bulk(text); }
  // RESP2: a bulk string.
  void big_number(std::string_view digits);
  // `count` pairs that follow, before the reply they describe. RESP3 only: with RESP2 the caller
  // writes none.
  void attribute(std::size_t count) {
    CHECK(is_resp3());
    number_line('|', static_cast<std::int64_t>(count));
  }
  // An array whose length is known only when its elements are written: defer_array(), elements,
  // finish_array(). The elements move once by the length of the header. Nested ones are finished
  // innermost first.
  struct Deferred {
    std::size_t at = 0;
  };
  [[nodiscard]] Deferred defer_array() const { return {out_.size()}; }
  void finish_array(Deferred place, std::size_t count);
  // RESP2: a bulk string without the format.
  void verbatim(std::string_view format, std::string_view text);

 private:
  void line(char type, std::string_view text) {
    out_.push_back(type);
    out_.append(text);
    out_.append("\r\n");
  }
  void number_line(char type, std::int64_t value) {
    char text[24];
    text[0] = type;
    char* end = std::to_chars(text + 1, text + sizeof text - 2, value).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.append(text, static_cast<std::size_t>(end - text));
  }

  std::string& out_;
  int version_;
};

}  // namespace resp
