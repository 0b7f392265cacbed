// The digest of a whole state, by which tests and DEBUG DIGEST tell states apart.
#include "base/crc.h"
#include "base/prng.h"
#include "engine/checkpoint/codec.h"
#include "engine/engine.h"
#include "engine/state/state.h"

namespace engine {
namespace {

// A digest has no place for the ids under which segments are stored.
constexpr std::uint64_t kAnyValueId = 1;

// Tells states apart that differ by chance, and is cheap: the simulator asks after every turn.
std::uint64_t digest_with(std::uint64_t digest, std::string_view bytes) {
  return base::mix64(digest + (std::uint64_t{bytes.size()} << 32) + base::crc32c(bytes));
}

std::uint64_t segments_digest(const Collection& collection, std::uint64_t digest) {
  const std::uint64_t end = collection.segment_end();
  for (std::uint64_t i = collection.next_segment(0); i < end; i = collection.next_segment(i + 1))
    digest = digest_with(digest + i, collection.encode_segment(i));
  return digest;
}

}  // namespace

std::uint64_t Engine::digest() const {
  // How a state came to be is no part of it.
  std::uint64_t digest = digest_with(0, state_->encode_system(AppliedDigest{}));
  for (const auto& keyspace : state_->databases) {
    const DenseTable& table = keyspace->table();
    for (std::uint64_t position = 0; position < table.size(); ++position) {
      const Entry& entry = table.at(position);
      const ValueView value = entry.value();
      const bool is_plain = value.type() == Type::kString || value.is_packed();
      const bool is_apart = !is_plain || wants_segments(value);
      digest = digest_with(digest, encode_row(entry, is_apart ? kAnyValueId : 0));
      if (has_key_blocks(entry)) digest = digest_with(digest, entry.key());
      if (is_apart) digest = segments_digest(*value.apart(), digest);
    }
    digest = base::mix64(digest + keyspace->id());
  }
  return digest;
}

}  // namespace engine
