// The small change of RDB: lengths, strings, numbers. A Reader never reads past its bytes and
// believes no length: after the first short or malformed read it stays failed and yields zeros, so
// callers check ok() at the end, and in each loop whose end was read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/types/stream_id.h"

namespace engine::rdb {

enum class Compression : std::uint8_t { kNone, kLzf };

// 6, 14, 32 or 64 bits, big-endian.
void put_length(std::string& out, std::uint64_t length);
// The shortest form: an integer of 8, 16 or 32 bits where the bytes are its digits; compressed if
// that saves something; else a length and the bytes.
void put_string(std::string& out, std::string_view bytes, Compression compression);
void put_u64(std::string& out, std::uint64_t value);  // little-endian, as all but lengths are
void put_double(std::string& out, double value);
// 16 bytes, big-endian.
void put_stream_id(std::string& out, const StreamId& id);

class Reader {
 public:
  // What was compressed may come to `unpacked_max` bytes together.
  explicit Reader(std::string_view in, std::uint64_t unpacked_max = UINT64_MAX)
      : in_(in), unpacked_left_(unpacked_max) {}

  std::uint8_t byte();
  std::uint64_t length();
  // A count of things of at least `bytes_each` bytes; fails if they cannot all follow.
  std::uint64_t count(std::size_t bytes_each = 1);
  std::string string();  // in any form
  std::uint64_t u64();
  double binary_double();
  // A byte for the length and the digits, or one that stands for an infinity. NaN fails.
  double text_double();
  StreamId stream_id();  // 16 bytes
  StreamId stream_id_in_lengths();

  [[nodiscard]] bool ok() const { return ok_; }
  // It failed because what is compressed would come to more than it may.
  [[nodiscard]] bool is_too_large() const { return is_too_large_; }
  [[nodiscard]] std::string_view rest() const { return in_; }

 private:
  std::string_view raw(std::uint64_t size);
  std::uint64_t big_endian(std::size_t size);
  std::uint64_t little_endian(std::size_t size);
  std::string fail();
  std::string integer_string(std::uint8_t kind);
  std::string compressed_string();

  std::string_view in_;
  std::uint64_t unpacked_left_;
  bool ok_ = true, is_too_large_ = false;
};

}  // namespace engine::rdb
