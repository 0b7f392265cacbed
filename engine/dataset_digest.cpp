// Digests of the dataset alone, whatever the order of the keys, for DEBUG DIGEST and DIGEST-VALUE.
#include <string>

#include "base/codec.h"
#include "engine/engine.h"
#include "engine/state/digest_value.h"
#include "engine/state/state.h"

namespace engine {
namespace {

Digest entry_digest(std::uint64_t salt, const Entry& entry, bool with_key) {
  std::string bytes;
  base::Encoder out(bytes);
  if (with_key) out.bytes(entry.key());
  if (with_key) out.i64(entry.expiry_ms());
  out.bytes(entry.value().type_name());
  out.bytes(digest_value(entry.value()).bytes());
  return {salt, bytes};
}

std::string hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 40; ++i)
    text.push_back(
        kDigits[(digest.words()[static_cast<std::size_t>(i / 16)] >> (4 * (i % 16))) & 15]);
  return text;
}

}  // namespace

std::string Engine::dataset_digest() const {
  Digest sum;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const DenseTable& table = state_->database(number).table();
    for (std::uint64_t position = 0; position < table.size(); ++position) {
      if (table.at(position).is_hole()) continue;  // asked within an EXEC
      sum += entry_digest(number + 1, table.at(position), true);
    }
  }
  return hex(sum);
}

std::string Engine::value_digest(std::uint32_t database, std::string_view key) const {
  const Entry* entry = state_->database(database).find(key);
  return hex(entry == nullptr || state_->is_expired(*entry) ? Digest{}
                                                            : entry_digest(0, *entry, false));
}

}  // namespace engine
