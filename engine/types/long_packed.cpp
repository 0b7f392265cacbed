#include "engine/types/long_packed.h"

#include <memory>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "engine/types/intset.h"
#include "engine/types/listpack.h"

namespace engine {
namespace {

constexpr std::uint64_t segments_for(std::size_t bytes) {
  return (bytes + LongPacked::kSegmentBytes - 1) / LongPacked::kSegmentBytes;
}

}  // namespace

// ---- changes ----

void LongPacked::announce(std::uint64_t end) {
  if (segments() == nullptr) return;
  for (std::uint64_t segment = 0; segment < end; ++segment) about_to_change(segment);
}

std::string LongPacked::take() {
  announce(segment_end());
  return std::exchange(bytes_, {});
}

void LongPacked::put(Packing packing, std::string bytes) {
  CHECK(bytes_.empty() && bytes.size() > kPackedStringBytesMax);
  announce(segments_for(bytes.size()));
  packing_ = packing;
  bytes_ = std::move(bytes);
  if (bytes_.capacity() > bytes_.size() + bytes_.size() / 4) bytes_.shrink_to_fit();
}

CollectionRef LongPacked::copy() const {
  auto made = std::make_unique<LongPacked>(type_);
  made->put(packing_, bytes_);
  return CollectionRef(std::move(made));
}

std::string_view LongPacked::encoding() const { return ValueView(type_, packing_, {}).encoding(); }

// ---- rows ----

std::uint64_t LongPacked::segment_end() const { return segments_for(bytes_.size()); }

void LongPacked::encode_head(std::string& out) const {
  base::Encoder(out).u8(static_cast<std::uint8_t>(packing_));
}

std::string LongPacked::encode_segment(std::uint64_t segment) const {
  if (segment >= segment_end()) return {};
  return bytes_.substr(segment * kSegmentBytes, kSegmentBytes);
}

bool LongPacked::load_head(std::string_view head) {
  base::Decoder in(head);
  const std::uint8_t packing = in.u8();
  if (!in.ok() || !in.at_end() || packing > static_cast<std::uint8_t>(Packing::kHashtable))
    return false;
  packing_ = static_cast<Packing>(packing);
  return true;
}

// All but the last are full.
bool LongPacked::load_segment(std::uint64_t segment, std::string_view bytes) {
  if (bytes_.size() % kSegmentBytes != 0 || segment != segment_end()) return false;
  if (bytes.empty() || bytes.size() > kSegmentBytes) return false;
  bytes_ += bytes;
  return true;
}

// The bytes say themselves how many they are.
bool LongPacked::finish_load() {
  if (bytes_.size() <= kPackedStringBytesMax) return false;
  return packing_ == Packing::kIntset ? Intset::is_valid(bytes_) : Listpack::is_valid(bytes_);
}

bool LongPacked::free_some(std::size_t /*count*/) {
  bytes_.clear();
  return true;
}

}  // namespace engine
