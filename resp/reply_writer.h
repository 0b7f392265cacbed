// Writes RESP2 or RESP3 replies into a caller's buffer. A value over a reference: cheap to make per
// command. Where the two versions differ the method says what RESP2 gets.
//
// A reply is counted while it is written, and may have a limit (DESIGN decision 25). The count of a
// command's reply is the same whatever the version, and the same for a writer that builds nothing:
// each scalar counts kScalarBytes and the bytes of its text, aggregates count nothing. So all nodes
// judge alike whether a reply is too large.
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
  static constexpr std::uint64_t kScalarBytes = 16;

  ReplyWriter(std::string& out, int version) : out_(out), version_(version) {}
  // Counts and builds nothing. `nowhere` may be any string, which stays as it is.
  [[nodiscard]] static ReplyWriter counting(std::string& nowhere) {
    ReplyWriter made(nowhere, 2);
    made.is_counting_ = true;
    made.builds_below_ = 0;
    return made;
  }

  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] bool is_resp3() const { return version_ >= 3; }
  [[nodiscard]] std::string& out() { return out_; }

  // ---- the limit ----
  // The count begins again and must stay below `bytes`; what would go beyond is not built.
  void begin_counting(std::uint64_t bytes) {
    counted_ = 0;
    set_limit(bytes);
  }
  // So many bytes more are allowed.
  void extend_limit(std::uint64_t bytes) { set_limit(limit_ + bytes); }
  [[nodiscard]] bool has_limit() const { return limit_ != kUnlimited; }
  [[nodiscard]] std::uint64_t counted() const { return counted_; }
  // The reply is too large and incomplete: a loop over elements may end, the reply is to be undone.
  [[nodiscard]] bool is_over() const { return counted_ >= limit_; }
  // Whether `scalars` with so many bytes of text together would still fit. No product of the two
  // overflows, whatever they are.
  [[nodiscard]] bool has_room(std::uint64_t bytes, std::uint64_t scalars = 1) const {
    const std::uint64_t left = room();
    return !is_over() && scalars <= left / kScalarBytes && bytes <= left - scalars * kScalarBytes;
  }
  [[nodiscard]] std::uint64_t room() const { return is_over() ? 0 : limit_ - counted_ - 1; }
  // Where a command's reply begins, and back to it: built and counted.
  struct Mark {
    std::size_t at = 0;
    std::uint64_t counted = 0;
  };
  [[nodiscard]] Mark mark() const { return {out_.size(), counted_}; }
  void undo(Mark mark) {
    if (!is_counting_) out_.resize(mark.at);
    counted_ = mark.counted;
  }

  void ok() { text_line("+OK\r\n"); }
  void status(std::string_view text) { line('+', text); }
  // `text` with its code ("ERR ...", "WRONGTYPE ..."); line ends in it become blanks.
  void error(std::string_view text);
  // The same, uncounted: what is answered instead of a reply that is too large.
  void uncounted_error(std::string_view text);
  void integer(std::int64_t value) {
    if (counts(0)) number_line(':', value);
  }
  void bulk(std::string_view value) {
    if (!counts(value.size())) return;
    number_line('$', static_cast<std::int64_t>(value.size()));
    out_.append(value);
    out_.append("\r\n");
  }
  void bulk_integer(std::int64_t value);
  void null() { text_line(is_resp3() ? "_\r\n" : "$-1\r\n"); }
  void null_array() { text_line(is_resp3() ? "_\r\n" : "*-1\r\n"); }
  void array(std::size_t count) { header('*', count); }
  // `count` pairs; RESP2: an array of 2 * count.
  void map(std::size_t count) { is_resp3() ? header('%', count) : header('*', 2 * count); }
  void set(std::size_t count) { header(is_resp3() ? '~' : '*', count); }
  void push(std::size_t count) { header(is_resp3() ? '>' : '*', count); }
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
    header('|', count);
  }
  // An array whose length is known only when its elements are written: defer_array(), elements,
  // finish_array(). The elements move once by the length of the header. Nested ones are finished
  // innermost first.
  struct Deferred {
    std::size_t at = 0;
  };
  [[nodiscard]] Deferred defer_array() const { return {out_.size()}; }
  void finish_array(Deferred place, std::size_t count);
  // `count` pairs; RESP2: an array of `count` arrays of two, which the caller has begun.
  void finish_map_of_pairs(Deferred place, std::size_t count);
  // RESP2: a bulk string without the format.
  void verbatim(std::string_view format, std::string_view text);

 private:
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  void set_limit(std::uint64_t bytes) {
    limit_ = bytes;
    if (!is_counting_) builds_below_ = bytes;
  }
  // One scalar more; whether it is built.
  bool counts(std::size_t text_bytes) {
    counted_ += kScalarBytes + text_bytes;
    return counted_ < builds_below_;
  }
  [[nodiscard]] bool builds() const { return counted_ < builds_below_; }
  void header(char type, std::size_t count) {
    if (builds()) number_line(type, static_cast<std::int64_t>(count));
  }
  // A whole line, as it goes out.
  void text_line(std::string_view text) {
    if (counts(0)) out_.append(text);
  }
  void put_error(std::string_view text);
  void insert_header(Deferred place, char type, std::size_t count);

  void line(char type, std::string_view text) {
    if (!counts(text.size())) return;
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
  bool is_counting_ = false;
  std::uint64_t counted_ = 0, limit_ = kUnlimited, builds_below_ = kUnlimited;
};

}  // namespace resp
