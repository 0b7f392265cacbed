// Claims about base: a decoder never reads outside its bytes, stays failed, and what it accepts
// comes back the same from the encoder; text of numbers that is accepted is printed to the same
// number; a glob ends in bounded time.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/codec.h"
#include "base/extended.h"
#include "base/glob.h"
#include "base/number.h"

namespace {

void check_codec(std::string_view input) {
  base::Decoder decoder(input);
  std::string again;
  base::Encoder encoder(again);
  while (decoder.ok() && !decoder.at_end()) {
    const std::size_t before = decoder.rest().size();
    std::string piece;
    base::Encoder piece_encoder(piece);
    switch (decoder.u8() % 4) {
      case 0: piece_encoder.u32(decoder.u32()); break;
      case 1: piece_encoder.u64(decoder.u64()); break;
      case 2: piece_encoder.varint(decoder.varint()); break;
      default: piece_encoder.bytes(decoder.bytes()); break;
    }
    // A varint may be written longer than it needs to be, never shorter.
    if (decoder.ok()) CHECK(piece.size() + 1 <= before - decoder.rest().size());
  }
  if (!decoder.ok()) CHECK(decoder.u64() == 0 && decoder.bytes().empty() && !decoder.ok());
}

void check_numbers(std::string_view text) {
  if (const auto value = base::parse_integer(text)) CHECK(base::integer_text(*value) == text);
  if (const auto value = base::parse_double(text)) {
    char buffer[base::kDoubleTextBytesMax];
    CHECK(base::parse_double(base::double_text(*value, buffer)) == value);
  }
  if (const auto value = base::parse_extended(text))
    CHECK(value->is_infinite() || !value->text().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_codec(input);
  check_numbers(input);
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  const std::string_view pattern = input.substr(0, cut), text = input.substr(cut);
  static_cast<void>(base::glob_match(pattern, text));
  static_cast<void>(base::glob_match(pattern, text, true));
  if (pattern.find_first_of("*?[\\") == std::string_view::npos)
    CHECK(base::glob_match(pattern, text) == (pattern == text));
  return 0;
}
