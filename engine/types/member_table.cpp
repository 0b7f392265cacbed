#include "engine/types/member_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

// In front of a segment with numbers behind bytes: no member is as long.
constexpr std::uint64_t kSegmentHasNumbers = UINT64_MAX;

constexpr std::uint64_t varint_bytes(std::uint64_t value) {
  std::uint64_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

}  // namespace

MemberTable::~MemberTable() {
  for (Position position = 0; position < size_; ++position)
    MemberBlock::free(block(position), payload_);
  if (is_large_) {
    delete large_;
  } else {
    ::operator delete(small_);
  }
}

// ---- places ----

std::uint8_t MemberTable::small_capacity(std::uint64_t count) {
  const std::uint64_t capacity = allocation_bytes(count * kSmallPlaceBytes) / kSmallPlaceBytes;
  return static_cast<std::uint8_t>(std::min(capacity, kSmallMax));
}

std::size_t MemberTable::array_bytes(std::uint64_t count) {
  if (count <= kSmallMax) return allocation_bytes(count * kSmallPlaceBytes);
  const std::uint64_t chunks = (count + kSegmentMembers - 1) / kSegmentMembers;
  return allocation_bytes(sizeof(Large)) + PositionIndex::memory_bytes(count) +
         chunks * allocation_bytes(kSegmentMembers * sizeof(char*)) +
         allocation_bytes(std::bit_ceil(chunks) * sizeof(char*));
}

// Of the first and the last bytes and the size, so that it costs little. Who makes up members with
// the same tag is compared with at most kSmallMax of them.
std::uint8_t MemberTable::tag_of(std::string_view member) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  std::uint64_t first = 0, last = 0;
  const std::size_t size = std::min<std::size_t>(member.size(), sizeof first);
  if (size == sizeof first) {
    std::memcpy(&first, member.data(), sizeof first);
    std::memcpy(&last, member.data() + member.size() - sizeof last, sizeof last);
  } else {
    for (const char byte : member) first = first << 8 | static_cast<std::uint8_t>(byte);
  }
  const std::uint64_t mixed = ((first + member.size()) * kOdd ^ last) * kOdd;
  return static_cast<std::uint8_t>(mixed >> 56);
}

void MemberTable::resize_small(std::uint8_t capacity) {
  char** made = nullptr;
  if (capacity > 0) {
    made = static_cast<char**>(::operator new(allocation_bytes(capacity * kSmallPlaceBytes)));
    if (size_ > 0) {
      std::memcpy(made, small_, size_ * sizeof(char*));
      std::memcpy(made + capacity, tags(), size_);
    }
  }
  ::operator delete(small_);
  small_ = made;
  capacity_ = capacity;
}

// Between steps and within them: holes stay holes.
void MemberTable::become_large() {
  auto* large = new Large;
  large->secret = *secret_;
  large->chunks.push_back(std::make_unique<char*[]>(kSegmentMembers));
  std::copy(small_, small_ + size_, large->chunks[0].get());
  ::operator delete(small_);
  large_ = large;
  is_large_ = true;
  large->index.reserve(size_ + 1);
  for (Position position = 0; position < size_; ++position) {
    large->index.insert(hash_of_position()(position), position, hash_of_position());
    if (is_hole(position)) large->holes.note(position);
  }
}

void MemberTable::become_small() {
  Large* large = large_;
  is_large_ = false;
  capacity_ = small_capacity(size_);
  small_ = nullptr;
  if (size_ > 0) {
    small_ = static_cast<char**>(::operator new(allocation_bytes(capacity_ * kSmallPlaceBytes)));
    std::copy(large->chunks[0].get(), large->chunks[0].get() + size_, small_);
    for (Position position = 0; position < size_; ++position)
      tags()[position] = tag_of(member(position));
  }
  delete large;
}

// When a step has ended.
void MemberTable::shrink() {
  if (is_large_) {
    large_->holes.clear();
    if (size_ <= kSmallAgain) become_small();
  } else if (const std::uint64_t roomy = size_ + size_ / 4 + 2;
             allocation_bytes(roomy * kSmallPlaceBytes) <
             allocation_bytes(capacity_ * kSmallPlaceBytes)) {
    resize_small(small_capacity(size_));
  }
}

// ---- members ----

MemberTable::Position MemberTable::find_raw(const Probe& member) const {
  if (is_large_) {
    return large_->index.find(
        member.hash, [&](Position position) { return this->member(position) == member.bytes; });
  }
  if (size_ == 0) return kNone;
  const std::uint8_t* const begin = tags();
  const std::uint8_t* const end = begin + size_;
  const auto find_tag = [&](const std::uint8_t* from) {
    return static_cast<const std::uint8_t*>(
        std::memchr(from, static_cast<int>(member.hash), static_cast<std::size_t>(end - from)));
  };
  for (const std::uint8_t* at = find_tag(begin); at != nullptr; at = find_tag(at + 1)) {
    const auto position = static_cast<Position>(at - begin);
    if (this->member(position) == member.bytes) return position;
  }
  return kNone;
}

MemberTable::Position MemberTable::find(const Probe& member) const {
  const Position position = find_raw(member);
  return position == kNone || is_hole(position) ? kNone : position;
}

void MemberTable::append(const Probe& member, char* made) {
  std::uint64_t hash = member.hash;
  if (!is_large_ && size_ == kSmallMax) {
    become_large();
    hash = large_->secret.hash_of(member.bytes);
  }
  if (!is_large_) {
    if (size_ == capacity_) resize_small(small_capacity(size_ + 1));
    small_[size_] = made;
    tags()[size_] = static_cast<std::uint8_t>(hash);
    ++size_;
    return;
  }
  if (size_ / kSegmentMembers >= large_->chunks.size())
    large_->chunks.push_back(std::make_unique<char*[]>(kSegmentMembers));
  const Position position = size_++;
  block(position) = made;
  large_->index.insert(hash, position, hash_of_position());
}

MemberTable::Position MemberTable::insert(const Probe& member, std::string_view bytes,
                                          double number) {
  const Position position = place_for(member);
  char* made = MemberBlock::make(payload_, member.bytes, bytes, number);
  bytes_ += MemberBlock::memory_bytes(made, payload_);
  if (position == size_) {
    append(member, made);
    return position;
  }
  CHECK(is_hole(position));
  MemberBlock::free(block(position), payload_);
  block(position) = made;
  if (--hole_count_ == 0 && is_large_) large_->holes.clear();
  return position;
}

void MemberTable::set_bytes(Position position, std::string_view bytes, double number) {
  char*& there = block(position);
  if (MemberBlock::set_bytes(there, bytes, number)) return;
  char* made = MemberBlock::make(payload_, member(position), bytes, number);
  bytes_ += MemberBlock::memory_bytes(made, payload_);
  bytes_ -= MemberBlock::memory_bytes(there, payload_);
  MemberBlock::free(std::exchange(there, made), payload_);
}

void MemberTable::remove(Position position) {
  CHECK(!is_hole(position));
  bytes_ -= MemberBlock::memory_bytes(block(position), payload_);
  MemberBlock::make_hole(block(position));
  if (is_large_) large_->holes.note(position);
  ++hole_count_;
}

// A small table is looked through; a large one knows where to look.
MemberTable::Position MemberTable::next_hole(Position end) {
  if (hole_count_ == 0) return kNone;
  if (!is_large_) {
    do --end;
    while (!is_hole(end));
    return end;
  }
  const Position position =
      large_->holes.take_last([&](Position at) { return at < end && is_hole(at); });
  CHECK(position != kNone);
  return position;
}

void MemberTable::close_hole(Position position) {
  const Position last = size_ - 1;
  if (is_large_) {
    close_gap(large_->index, position, last, hash_of_position());
  } else {
    tags()[position] = tags()[last];
  }
  std::swap(block(position), block(last));
  drop_last();
  --hole_count_;
}

void MemberTable::drop_last() {
  MemberBlock::free(block(size_ - 1), payload_);
  --size_;
  if (!is_large_) return;
  auto& chunks = large_->chunks;
  if (chunks.size() * kSegmentMembers >= size_ + 2 * kSegmentMembers) chunks.pop_back();
}

// ---- rows ----

bool MemberTable::has_numbers(Position begin, Position end) const {
  for (Position position = begin; position < end; ++position) {
    if (number(position) != 0) return true;
  }
  return false;
}

std::string MemberTable::encode_segment(std::uint64_t segment) const {
  const Position begin = segment * kSegmentMembers;
  const Position end = std::min<Position>(size_, begin + kSegmentMembers);
  return encode_members(begin, end, payload_ == Payload::kBytes && has_numbers(begin, end));
}

SegmentOutline MemberTable::outline_of(std::uint64_t segment) const {
  const Position begin = segment * kSegmentMembers;
  const Position end = std::min<Position>(size_, begin + kSegmentMembers);
  SegmentOutline outline;
  outline.has_numbers = payload_ == Payload::kBytes && has_numbers(begin, end);
  outline.member_bytes.reserve(end - begin);
  for (Position position = begin; position < end; ++position)
    outline.member_bytes.push_back(encoded_bytes(position, outline.has_numbers));
  if (outline.has_numbers) outline.member_bytes[0] += varint_bytes(kSegmentHasNumbers);
  return outline;
}

std::uint64_t MemberTable::encoded_bytes(Position position, bool has_numbers) const {
  const auto bytes_of = [](std::string_view text) {
    return varint_bytes(text.size()) + text.size();
  };
  const bool has_number = payload_ == Payload::kNumber || has_numbers;
  return bytes_of(member(position)) +
         (payload_ == Payload::kBytes ? bytes_of(bytes(position)) : 0) +
         (has_number ? sizeof(std::uint64_t) : 0);
}

std::string MemberTable::encode_members(Position begin, Position end, bool has_numbers) const {
  std::string out;
  base::Encoder encoder(out);
  const bool is_first = begin % kSegmentMembers == 0;
  if (has_numbers && is_first) encoder.varint(kSegmentHasNumbers);
  for (Position position = begin; position < end; ++position) {
    CHECK(!is_hole(position));
    encoder.bytes(member(position));
    if (payload_ == Payload::kBytes) encoder.bytes(bytes(position));
    if (payload_ == Payload::kNumber || has_numbers)
      encoder.u64(std::bit_cast<std::uint64_t>(number(position)));
  }
  return out;
}

bool MemberTable::load_segment(std::uint64_t segment, std::string_view bytes) {
  if (segment * kSegmentMembers != size_) return false;
  base::Decoder in(bytes);
  bool has_number = payload_ == Payload::kNumber;
  if (payload_ == Payload::kBytes && base::Decoder(bytes).varint() == kSegmentHasNumbers)
    has_loaded_numbers_ = has_number = in.varint() == kSegmentHasNumbers;
  while (!in.at_end() && in.ok()) {
    const Probe member = probe(in.bytes());
    const std::string_view value = payload_ == Payload::kBytes ? in.bytes() : std::string_view();
    const double number = has_number ? std::bit_cast<double>(in.u64()) : 0;
    if (!in.ok() || size_ == (segment + 1) * kSegmentMembers || find_raw(member) != kNone)
      return false;
    insert(member, value, number);
  }
  return in.ok() && size_ > segment * kSegmentMembers;
}

bool MemberTable::free_some(std::size_t count) {
  const bool is_index_gone = !is_large_ || large_->index.free_some(count / 16 + 1);
  for (; count > 0 && size_ > 0; --count) {
    if (!is_hole(size_ - 1)) bytes_ -= MemberBlock::memory_bytes(block(size_ - 1), payload_);
    drop_last();
  }
  hole_count_ = 0;
  if (size_ == 0 && is_large_) large_->chunks.clear();
  return size_ == 0 && is_index_gone;
}

}  // namespace engine
