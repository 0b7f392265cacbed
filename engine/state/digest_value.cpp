#include "engine/state/digest_value.h"

#include <string>

#include "base/codec.h"
#include "base/crc.h"
#include "base/prng.h"
#include "engine/types/hash.h"
#include "engine/types/list.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "engine/types/stream.h"

namespace engine {
namespace {

// What an element says, as bytes that no other element's parts can be mistaken for.
class Parts {
 public:
  Parts& add(std::string_view bytes) {
    base::Encoder(bytes_).bytes(bytes);
    return *this;
  }
  Parts& add(std::int64_t number) {
    base::Encoder(bytes_).i64(number);
    return *this;
  }
  Parts& add(const StreamId& id) { return add(id.text()); }
  [[nodiscard]] Digest digest(std::uint64_t salt = 0) const { return {salt, bytes_}; }

 private:
  std::string bytes_;
};

Digest digest_list(const ListView& list) {
  Digest sum;
  std::uint64_t index = 0;
  char scratch[kScratchBytes];
  list.visit(0, list.count(), false, [&](const Listpack::Element& element) {
    sum += Digest(index++, element.view(scratch));
    return true;
  });
  return sum;
}

Digest digest_set(const SetView& set) {
  Digest sum;
  set.for_each([&](std::string_view member) {
    sum += Digest(0, member);
    return true;
  });
  return sum;
}

Digest digest_sorted_set(const SortedSetView& set) {
  Digest sum;
  set.visit_ranks(0, set.count(), false, [&](std::string_view member, double score) {
    const double shown = score == 0 ? 0 : score;  // -0 is 0
    sum += Parts()
               .add(member)
               .add(std::string_view(reinterpret_cast<const char*>(&shown), sizeof shown))
               .digest();
    return true;
  });
  return sum;
}

Digest digest_hash(const HashView& hash) {
  Digest sum;
  if (hash.is_packed()) {
    hash.for_each([&](std::string_view field, std::string_view value) {
      sum += Parts().add(field).add(value).digest();
    });
    return sum;
  }
  for (std::uint64_t place = 0; place < hash.place_end(); ++place) {
    hash.visit_place(place, [&](std::string_view field, std::string_view value) {
      Parts parts;
      parts.add(field).add(value);
      if (hash.time_at(place) != DenseHash::kNoTime) parts.add(hash.time_at(place));
      sum += parts.digest();
    });
  }
  return sum;
}

Digest digest_group(const std::string& name, const StreamGroup& group) {
  Digest sum = Parts().add(name).add(group.last_id).add(group.entries_read).digest(1);
  for (const auto& [consumer, about] : group.consumers)
    sum += Parts().add(name).add(consumer).add(about.seen_ms).digest(2);
  for (const auto& [id, pending] : group.pending()) {
    sum += Parts()
               .add(name)
               .add(id)
               .add(pending.consumer->name)
               .add(pending.delivered_ms)
               .add(static_cast<std::int64_t>(pending.deliveries))
               .digest(3);
  }
  return sum;
}

Digest digest_stream(const Stream& stream) {
  Digest sum = Parts()
                   .add(stream.last_id())
                   .add(stream.max_deleted_id())
                   .add(static_cast<std::int64_t>(stream.entries_added()))
                   .digest();
  stream.visit({}, StreamId::highest(), false, [&](const StreamEntry& entry) {
    Parts parts;
    parts.add(entry.id);
    entry.for_each(
        [&](std::string_view name, std::string_view value) { parts.add(name).add(value); });
    sum += parts.digest(4);
    return true;
  });
  for (const auto& [name, slot] : stream.group_slots())
    sum += digest_group(name, *stream.group(name));
  return sum;
}

}  // namespace

Digest::Digest(std::uint64_t salt, std::string_view bytes) {
  for (std::size_t i = 0; i < kWords; ++i)
    words_[i] = base::mix64(base::crc64(bytes, salt * kWords + i + 1) + i);
}

Digest& Digest::operator+=(const Digest& other) {
  for (std::size_t i = 0; i < kWords; ++i) words_[i] += other.words_[i];
  return *this;
}

Digest digest_value(const ValueView& value) {
  switch (value.type()) {
    case Type::kList: return digest_list(ListView(value));
    case Type::kSet: return digest_set(SetView(value));
    case Type::kSortedSet: return digest_sorted_set(SortedSetView(value));
    case Type::kHash: return digest_hash(HashView(value, HashView::kAllFields));
    case Type::kStream: return digest_stream(static_cast<const Stream&>(*value.collection()));
    case Type::kString: break;
  }
  return {0, value.string()};
}

}  // namespace engine
