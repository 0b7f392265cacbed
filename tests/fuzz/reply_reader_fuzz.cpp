// Claim: however a stream of replies is cut, the reader gives the same values and finds the same
// streams broken.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/prng.h"
#include "resp/reply_reader.h"

namespace {

struct Outcome {
  std::vector<resp::Reply> replies;
  bool is_broken = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view stream, std::size_t piece_max, std::uint64_t seed) {
  base::Prng random(seed);
  resp::ReplyReader reader;
  Outcome outcome;
  while (!stream.empty()) {
    const std::string_view piece = stream.substr(0, 1 + random.below(piece_max));
    stream.remove_prefix(piece.size());
    reader.feed(piece);
    while (auto reply = reader.next()) outcome.replies.push_back(std::move(*reply));
  }
  outcome.is_broken = reader.is_broken();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(stream, size + 1, 0);
  CHECK(read(stream, 1, 0) == whole);
  CHECK(read(stream, 16, size) == whole);
  return 0;
}
