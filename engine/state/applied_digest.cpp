#include "engine/state/applied_digest.h"

#include "engine/keyspace/entry.h"

namespace engine {

void AppliedDigest::add(const Entry& entry) {
  constexpr std::size_t kEndBytes = 128;
  const ValueView view = entry.value();
  add(static_cast<std::uint64_t>(entry.expiry_ms()) + static_cast<std::uint64_t>(view.type()));
  if (view.type() != Type::kString && view.collection() != nullptr)
    return add(view.collection()->count());
  char scratch[kScratchBytes];
  const std::string_view bytes = view.is_packed() ? view.packed() : view.view(scratch);
  add(bytes.substr(0, kEndBytes));
  if (bytes.size() <= kEndBytes) return;
  add(bytes.size());
  add(bytes.substr(bytes.size() - kEndBytes));
}

}  // namespace engine
