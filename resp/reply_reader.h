// Reads replies (RESP2 and RESP3) from a byte stream into value trees: for tools, tests and the
// simulator's clients. Resumable: an unfinished aggregate is kept on a stack, so a reply that
// arrives in pieces costs time linear in its size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

struct Reply {
  char type = '_';                // the RESP type byte: + - : $ * _ , # % ~ > = ( !
  std::int64_t integer = 0;       // ':' and '#'
  std::string text;               // + - $ , ( ! and = with its "txt:" in front
  bool is_null = false;           // $-1 *-1 _
  std::vector<Reply> elements;    // * ~ > and % (keys and values in turn)
  std::vector<Reply> attributes;  // of a '|' in front of this reply, keys and values in turn

  [[nodiscard]] bool is_error() const { return type == '-' || type == '!'; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

class ReplyReader {
 public:
  void feed(std::string_view bytes);
  // The next whole reply; nullopt: more bytes are needed, or the stream is broken (then
  // is_broken(), for good).
  [[nodiscard]] std::optional<Reply> next();
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  // Beyond what a script may answer: a table that holds itself ends at 7,000 levels.
  static constexpr std::size_t kDepthMax = 7'500;
  static constexpr std::size_t kLineBytesMax = 64 * 1024;
  static constexpr std::int64_t kBulkBytesMax = std::int64_t{1} << 32;

  // An aggregate whose elements are still to come.
  struct Open {
    Reply reply;
    std::uint64_t missing = 0;
  };
  enum class Step : std::uint8_t { kValue, kOpened, kNeedMore, kBroken };

  Step step(Reply& reply);
  Step scalar(Reply& reply, std::string_view text);
  Step counted(Reply& reply, std::int64_t count);
  Step open(Reply& reply, std::int64_t count);
  Step bulk(Reply& reply);
  // Puts a finished value where it belongs; true if it is a whole reply, then left in `reply`.
  bool place(Reply& reply);
  bool line(std::string_view& text);

  std::string buffer_;
  std::size_t at_ = 0;           // read so far of buffer_
  std::size_t scanned_ = 0;      // searched for an end of line so far
  std::int64_t bulk_size_ = -1;  // of the bulk at at_, -1: none begun
  char bulk_type_ = '$';
  std::vector<Open> open_;
  std::vector<Reply> attributes_;  // of the next value
  bool is_broken_ = false;
};

}  // namespace resp
