// Reads replies (RESP2 and RESP3) from a byte stream into value trees: for tools, tests and the simulator's clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

struct Reply {
  char type = '_';              // the RESP type byte: + - : $ * _ , # % ~ > = (
  std::int64_t integer = 0;     // ':' and '#'
  std::string text;             // + - $ , = (
  bool is_null = false;         // $-1 *-1 _
  std::vector<Reply> elements;  // * ~ > and % (keys and values in turn)
};

class ReplyReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole reply; nullopt: more bytes are needed, or the stream is broken (then is_broken()).
  [[nodiscard]] std::optional<Reply> next();
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  static constexpr int kDepthMax = 32;
  bool read(std::size_t& at, Reply& reply, int depth);
  bool read_counted(std::size_t& at, Reply& reply, std::int64_t count, int depth);
  bool line(std::size_t& at, std::string_view& text) const;
  bool broken();

  std::string buffer_;
  bool is_broken_ = false;
};

}  // namespace resp
