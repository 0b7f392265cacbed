#include "engine/types/member_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/codec.h"

namespace engine {
namespace {

constexpr std::size_t kPerMember = 8 + 7;  // its pointer and its share of the index

// A length in front of bytes: itself below 126, or 126 and 2 bytes, or 127 and 4 bytes. The high
// bit of the first byte is free for other use.
constexpr std::uint8_t kTwoBytes = 126, kFourBytes = 127, kLengthBits = 127;
// In the first byte of a payload's bytes: a number stands behind them.
constexpr std::uint8_t kHasNumber = 0x80;
// In front of a segment with such numbers: no member is as long.
constexpr std::uint64_t kSegmentHasNumbers = UINT64_MAX;

std::size_t prefix_bytes(std::size_t length) {
  return length < kTwoBytes ? 1 : length <= UINT16_MAX ? 3 : 5;
}

char* put_prefixed(char* at, std::string_view bytes) {
  const std::size_t prefix = prefix_bytes(bytes.size());
  const auto length = static_cast<std::uint32_t>(bytes.size());
  *at = static_cast<char>(prefix == 1 ? length : prefix == 3 ? kTwoBytes : kFourBytes);
  if (prefix > 1) std::memcpy(at + 1, &length, prefix - 1);  // little-endian machines only
  if (!bytes.empty()) std::memcpy(at + prefix, bytes.data(), bytes.size());
  return at + prefix + bytes.size();
}

std::string_view prefixed(const char* at) {
  const std::uint8_t first = static_cast<std::uint8_t>(*at) & kLengthBits;
  if (first < kTwoBytes) return {at + 1, first};
  std::uint32_t length = 0;
  std::memcpy(&length, at + 1, first == kTwoBytes ? 2 : 4);
  return {at + (first == kTwoBytes ? 3 : 5), length};
}

const char* behind(std::string_view bytes) { return bytes.data() + bytes.size(); }

bool has_number(const char* payload) {
  return (static_cast<std::uint8_t>(*payload) & kHasNumber) != 0;
}

// As the allocators in use round: a block that stays within it is changed in place.
constexpr std::size_t rounded(std::size_t bytes) { return bytes <= 8 ? 8 : (bytes + 15) & ~15ULL; }

}  // namespace

MemberTable::~MemberTable() {
  for (Position position = 0; position < size_; ++position) ::operator delete(block(position));
}

std::size_t MemberTable::block_bytes(const char* block) const {
  const char* payload = behind(prefixed(block));
  if (payload_ == Payload::kNumber) payload += sizeof(double);
  if (payload_ == Payload::kBytes)
    payload = behind(prefixed(payload)) + (has_number(payload) ? sizeof(double) : 0);
  return static_cast<std::size_t>(payload - block);
}

std::size_t MemberTable::size_of(std::string_view member, std::string_view bytes,
                                 double number) const {
  const std::size_t size = prefix_bytes(member.size()) + member.size();
  if (payload_ == Payload::kNumber) return size + sizeof number;
  if (payload_ == Payload::kNone) return size;
  return size + prefix_bytes(bytes.size()) + bytes.size() + (number != 0 ? sizeof number : 0);
}

void MemberTable::put_payload(char* at, std::string_view bytes, double number) const {
  if (payload_ == Payload::kNumber) std::memcpy(at, &number, sizeof number);
  if (payload_ != Payload::kBytes) return;
  char* end = put_prefixed(at, bytes);
  if (number == 0) return;
  *at = static_cast<char>(*at | kHasNumber);
  std::memcpy(end, &number, sizeof number);
}

char* MemberTable::make_block(std::string_view member, std::string_view bytes, double number) {
  CHECK(member.size() <= UINT32_MAX && bytes.size() <= UINT32_MAX);
  char* made = static_cast<char*>(::operator new(rounded(size_of(member, bytes, number))));
  put_payload(put_prefixed(made, member), bytes, number);
  return made;
}

MemberTable::Position MemberTable::find_raw(const HashedKey& member) const {
  return index_.find(member.hash,
                     [&](Position position) { return this->member(position) == member.bytes; });
}

MemberTable::Position MemberTable::find(const HashedKey& member) const {
  const Position position = find_raw(member);
  return position == kNone || is_hole(position) ? kNone : position;
}

std::string_view MemberTable::member(Position position) const { return prefixed(block(position)); }

std::string_view MemberTable::bytes(Position position) const {
  return prefixed(behind(member(position)));
}

double MemberTable::number(Position position) const {
  const char* at = behind(member(position));
  if (payload_ == Payload::kBytes) {
    if (!has_number(at)) return 0;
    at = behind(prefixed(at));
  }
  double number = 0;
  std::memcpy(&number, at, sizeof number);
  return number;
}

MemberTable::Position MemberTable::place_for(const HashedKey& member) const {
  const Position hole = holes_.empty() ? kNone : find_raw(member);
  return hole == kNone ? size_ : hole;
}

MemberTable::Position MemberTable::insert(const HashedKey& member, std::string_view bytes,
                                          double number) {
  const Position position = place_for(member);
  char* made = make_block(member.bytes, bytes, number);
  if (position == size_) {
    if (size_ / kSegmentMembers >= chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    ++size_;
    block(position) = made;
    index_.insert(member.hash, position, hash_of_position());
  } else {
    CHECK(is_hole(position));
    ::operator delete(block(position));
    block(position) = made;
    --hole_count_;
  }
  bytes_ += rounded(block_bytes(made)) + kPerMember;
  content_bytes_ += block_bytes(made) + kContentPerMember;
  return position;
}

void MemberTable::replace_block(Position position, char* made) {
  bytes_ += rounded(block_bytes(made));
  bytes_ -= rounded(block_bytes(block(position)));
  ::operator delete(block(position));
  block(position) = made;
}

void MemberTable::set_bytes(Position position, std::string_view bytes, double number) {
  const std::size_t size = block_bytes(block(position));
  const std::size_t new_size = size_of(member(position), bytes, number);
  content_bytes_ += new_size - size;
  const bool is_borrowed = bytes.data() >= block(position) && bytes.data() < block(position) + size;
  if (rounded(size) != rounded(new_size) || is_borrowed)
    return replace_block(position, make_block(member(position), bytes, number));
  put_payload(block(position) + (behind(member(position)) - block(position)), bytes, number);
}

void MemberTable::set_number(Position position, double number) {
  std::memcpy(block(position) + (behind(member(position)) - block(position)), &number,
              sizeof number);
}

void MemberTable::remove(Position position) {
  CHECK(!is_hole(position));
  bytes_ -= rounded(block_bytes(block(position))) + kPerMember;
  content_bytes_ -= block_bytes(block(position)) + kContentPerMember;
  *block(position) = static_cast<char>(*block(position) | kHole);
  holes_.push_back(position);
  ++hole_count_;
}

void MemberTable::sort_holes() { std::sort(holes_.begin(), holes_.end(), std::greater<>()); }

void MemberTable::close_hole(Position position) {
  const Position last = size_ - 1;
  index_.erase(HashedKey::hash_of(member(position)), position, hash_of_position());
  if (position != last) {
    index_.move(HashedKey::hash_of(member(last)), last, position);
    std::swap(block(position), block(last));
  }
  drop_last();
  --hole_count_;
}

void MemberTable::drop_last() {
  --size_;
  ::operator delete(std::exchange(block(size_), nullptr));
  if (chunks_.size() * kSegmentMembers >= size_ + 2 * kSegmentMembers) chunks_.pop_back();
}

bool MemberTable::has_numbers(Position begin, Position end) const {
  for (Position position = begin; position < end; ++position) {
    if (number(position) != 0) return true;
  }
  return false;
}

std::string MemberTable::encode_segment(std::uint64_t segment) const {
  std::string out;
  base::Encoder encoder(out);
  const Position begin = segment * kSegmentMembers;
  const Position end = std::min(size_, begin + kSegmentMembers);
  const bool has_both = payload_ == Payload::kBytes && has_numbers(begin, end);
  if (has_both) encoder.varint(kSegmentHasNumbers);
  for (Position position = begin; position < end; ++position) {
    CHECK(!is_hole(position));
    encoder.bytes(member(position));
    if (payload_ == Payload::kBytes) encoder.bytes(bytes(position));
    if (payload_ == Payload::kNumber || has_both)
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
    const HashedKey member(in.bytes());
    const std::string_view value = payload_ == Payload::kBytes ? in.bytes() : std::string_view();
    const double number = has_number ? std::bit_cast<double>(in.u64()) : 0;
    if (!in.ok() || size_ == (segment + 1) * kSegmentMembers || find_raw(member) != kNone)
      return false;
    insert(member, value, number);
  }
  return in.ok() && size_ > segment * kSegmentMembers;
}

bool MemberTable::free_some(std::size_t count) {
  holes_.clear();
  hole_count_ = 0;
  const bool is_index_gone = index_.free_some(count / 16 + 1);
  while (count-- > 0 && size_ > 0) drop_last();
  if (size_ == 0) chunks_.clear();
  return size_ == 0 && is_index_gone;
}

}  // namespace engine
