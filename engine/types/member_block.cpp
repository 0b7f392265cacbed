#include "engine/types/member_block.h"

#include <cstring>
#include <new>

#include "base/check.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

const char* behind(std::string_view bytes) { return bytes.data() + bytes.size(); }

char* allocate(std::size_t bytes) {
  return static_cast<char*>(::operator new(allocation_bytes(bytes)));
}

}  // namespace

char* MemberBlock::put_prefixed(char* at, std::string_view bytes) {
  const std::size_t prefix = prefix_bytes(bytes.size());
  const auto length = static_cast<std::uint32_t>(bytes.size());
  *at = static_cast<char>(prefix == 1 ? length : prefix == 3 ? kTwoBytes : kFourBytes);
  if (prefix > 1) std::memcpy(at + 1, &length, prefix - 1);  // little-endian machines only
  if (!bytes.empty()) std::memcpy(at + prefix, bytes.data(), bytes.size());
  return at + prefix + bytes.size();
}

std::string_view MemberBlock::prefixed(const char* at) {
  const std::uint8_t first = static_cast<std::uint8_t>(*at) & kLengthBits;
  if (first < kApart) return {at + 1, first};
  std::uint32_t length = 0;
  std::memcpy(&length, at + 1, first == kTwoBytes ? 2 : 4);
  return {at + (first == kTwoBytes ? 3 : 5), length};
}

char* MemberBlock::apart(const char* payload) {
  if ((static_cast<std::uint8_t>(*payload) & kLengthBits) != kApart) return nullptr;
  char* at = nullptr;
  std::memcpy(&at, payload + 1, sizeof at);
  return at;
}

MemberBlock::Shape MemberBlock::shape_of(Payload payload, std::string_view member,
                                         std::string_view bytes, double number) {
  constexpr std::size_t kApartMin = 64;
  const std::size_t head = prefix_bytes(member.size()) + member.size();
  if (payload == Payload::kNone) return {head};
  if (payload == Payload::kNumber) return {head + sizeof number};
  const std::size_t tail = number != 0 ? sizeof number : 0;
  const std::size_t length = prefix_bytes(bytes.size()) + bytes.size();
  const Shape whole{head + length + tail}, split{head + 1 + sizeof(char*) + tail, length};
  const bool is_split =
      bytes.size() >= kApartMin &&
      allocation_bytes(split.block) + allocation_bytes(split.apart) < allocation_bytes(whole.block);
  return is_split ? split : whole;
}

MemberBlock::Shape MemberBlock::shape_of(const char* block, Payload payload) {
  const char* at = behind(member(block));
  Shape shape;
  if (payload == Payload::kNumber) at += sizeof(double);
  if (payload == Payload::kBytes) {
    const std::size_t tail =
        (static_cast<std::uint8_t>(*at) & kHasNumber) != 0 ? sizeof(double) : 0;
    if (const char* other = apart(at); other != nullptr) {
      shape.apart = static_cast<std::size_t>(behind(prefixed(other)) - other);
      at += 1 + sizeof(char*);
    } else {
      at = behind(prefixed(at));
    }
    at += tail;
  }
  shape.block = static_cast<std::size_t>(at - block);
  return shape;
}

// `apart` is the piece for the bytes, null if they belong into the block.
void MemberBlock::put_bytes(char* at, char* apart, std::string_view bytes, double number) {
  char* end = at + 1 + sizeof apart;
  if (apart != nullptr) {
    put_prefixed(apart, bytes);
    *at = static_cast<char>(kApart);
    std::memcpy(at + 1, &apart, sizeof apart);
  } else {
    end = put_prefixed(at, bytes);
  }
  if (number == 0) return;
  *at = static_cast<char>(*at | kHasNumber);
  std::memcpy(end, &number, sizeof number);
}

char* MemberBlock::make(Payload payload, std::string_view member, std::string_view bytes,
                        double number) {
  CHECK(member.size() <= UINT32_MAX && bytes.size() <= UINT32_MAX);
  const Shape shape = shape_of(payload, member, bytes, number);
  char* made = allocate(shape.block);
  char* at = put_prefixed(made, member);
  if (payload == Payload::kNumber) std::memcpy(at, &number, sizeof number);
  if (payload == Payload::kBytes)
    put_bytes(at, shape.apart == 0 ? nullptr : allocate(shape.apart), bytes, number);
  return made;
}

void MemberBlock::free(char* block, Payload payload) {
  if (payload == Payload::kBytes) ::operator delete(apart(behind(member(block))));
  ::operator delete(block);
}

std::size_t MemberBlock::memory_bytes(const char* block, Payload payload) {
  const Shape shape = shape_of(block, payload);
  return allocation_bytes(shape.block) + allocation_bytes(shape.apart);
}

std::string_view MemberBlock::bytes(const char* block) {
  const char* at = behind(member(block));
  const char* other = apart(at);
  return prefixed(other == nullptr ? at : other);
}

double MemberBlock::number(const char* block, Payload payload) {
  const char* at = behind(member(block));
  if (payload == Payload::kBytes) {
    if ((static_cast<std::uint8_t>(*at) & kHasNumber) == 0) return 0;
    at = apart(at) != nullptr ? at + 1 + sizeof(char*) : behind(prefixed(at));
  }
  double number = 0;
  std::memcpy(&number, at, sizeof number);
  return number;
}

void MemberBlock::set_number(char* block, double number) {
  std::memcpy(block + (behind(member(block)) - block), &number, sizeof number);
}

bool MemberBlock::set_bytes(char* block, std::string_view bytes, double number) {
  const Shape shape = shape_of(block, Payload::kBytes);
  const Shape wanted = shape_of(Payload::kBytes, member(block), bytes, number);
  char* at = block + (behind(member(block)) - block);
  char* other = apart(at);
  const auto lies_in = [&bytes](const char* begin, std::size_t size) {
    return begin != nullptr && bytes.data() >= begin && bytes.data() < begin + size;
  };
  const bool fits = allocation_bytes(shape.block) == allocation_bytes(wanted.block) &&
                    allocation_bytes(shape.apart) == allocation_bytes(wanted.apart);
  if (!fits || lies_in(block, shape.block) || lies_in(other, shape.apart)) return false;
  put_bytes(at, other, bytes, number);
  return true;
}

}  // namespace engine
