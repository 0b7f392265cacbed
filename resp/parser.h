// Resumable zero-copy parser of requests: RESP arrays of bulk strings and inline commands. The
// caller keeps the unread bytes; what has been parsed of an unfinished command is remembered as
// offsets, so nothing is scanned twice. No allocation per array command after warm-up. Limits and
// error texts: Redis 7.0, asked byte for byte; one difference: a NUL in a header or an inline line
// is a byte like any other, Redis stops looking for the end of line there and waits forever.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"

namespace resp {

struct RequestLimits {
  std::int64_t arguments_max = base::limits::kMultibulkCountMax;
  std::uint64_t bulk_bytes_max = base::limits::kProtoBulkBytesMaxDefault;
  bool is_unauthenticated = false;  // the small limits before AUTH
};

class RequestParser {
 public:
  enum class Status : std::uint8_t {
    kCommand,   // argv() holds one command; drop `consumed` bytes when done with it
    kNothing,   // an empty line or empty array: drop `consumed` bytes, go on
    kNeedMore,  // nothing to drop; call again with the same bytes and more behind them
    kError,     // error() says why; the connection is lost
  };

  void set_limits(const RequestLimits& limits) { limits_ = limits; }

  // `unread` begins where the last consumed command ended.
  [[nodiscard]] Status next(std::string_view unread, std::size_t& consumed);
  // Views into `unread` of the last next() (or into the parser, for inline commands); until the
  // next call.
  [[nodiscard]] std::span<const std::string_view> argv() const { return argv_; }
  // Gives memory back that only a command of very many arguments needs. argv() is void afterwards.
  void release_if_idle();
  // "Protocol error: ..." without "ERR ".
  [[nodiscard]] const std::string& error() const { return error_; }
  // Bytes still missing of a bulk whose length is known; 0 if unknown.
  [[nodiscard]] std::size_t missing_bytes() const { return missing_; }

 private:
  struct Piece {
    std::size_t offset = 0, size = 0;
  };

  Status inline_command(std::string_view unread, std::size_t& consumed);
  Status array_command(std::string_view unread, std::size_t& consumed);
  Status array_header(std::string_view unread, std::size_t& consumed);
  Status bulk(std::string_view unread);
  Status fail(std::string text);
  // The line at at_ without its end; false if it is not complete.
  bool line(std::string_view unread, std::string_view& text);
  void reset();

  RequestLimits limits_;
  std::int64_t remaining_ = 0;   // bulks still to come; 0: between commands
  std::int64_t bulk_size_ = -1;  // of the bulk at at_; -1: its header is not parsed yet
  std::size_t at_ = 0;           // parsed so far
  std::size_t scanned_ = 0;      // searched for an end of line so far
  std::size_t missing_ = 0;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> argv_;
  std::vector<std::string> words_;  // of an inline command
  std::string error_;
};

// Splits a line as inline commands and configuration lines are: blanks separate, "..." with \n \r
// \t \b \a \xHH escapes, '...' with \'. False if quotes are unbalanced or a closing quote is not
// followed by a blank.
[[nodiscard]] bool split_words(std::string_view line, std::vector<std::string>& words);

}  // namespace resp
