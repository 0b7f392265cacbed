// Claim: however a stream of requests is cut, the parser gives the same commands and the same
// error, and never reads outside its bytes. The first byte of the input chooses the cuts and the
// limits, the rest is the stream.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/prng.h"
#include "resp/input_buffer.h"
#include "resp/parser.h"

namespace {

struct Outcome {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds the stream in pieces of 1 to `piece_max` bytes.
Outcome parse(std::string_view stream, const resp::RequestLimits& limits, std::size_t piece_max,
              std::uint64_t seed) {
  base::Prng random(seed);
  resp::RequestParser parser;
  parser.set_limits(limits);
  resp::InputBuffer buffer;
  Outcome outcome;
  while (!stream.empty()) {
    const std::string_view piece = stream.substr(0, 1 + random.below(piece_max));
    stream.remove_prefix(piece.size());
    buffer.append(piece, parser.missing_bytes());
    while (true) {
      std::size_t consumed = 0;
      const auto status = parser.next(buffer.unread(), consumed);
      if (status == resp::RequestParser::Status::kNeedMore) break;
      if (status == resp::RequestParser::Status::kError) {
        outcome.error = parser.error();
        return outcome;
      }
      CHECK(consumed > 0);
      if (status == resp::RequestParser::Status::kCommand) {
        CHECK(!parser.argv().empty());
        outcome.commands.emplace_back(parser.argv().begin(), parser.argv().end());
      }
      buffer.consume(consumed);
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const resp::RequestLimits limits{.bulk_bytes_max = (data[0] & 2) != 0 ? 64U : 1U << 20,
                                   .is_unauthenticated = (data[0] & 1) != 0};
  const Outcome whole = parse(stream, limits, size, 0);
  CHECK(parse(stream, limits, 1, 0) == whole);
  CHECK(parse(stream, limits, 16, data[0]) == whole);
  return 0;
}
