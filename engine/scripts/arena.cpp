#include "engine/scripts/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace engine::scripts {
namespace {

constexpr std::size_t kGranule = 16, kSmallMax = 512;
constexpr std::size_t kSmallClasses = kSmallMax / kGranule + 1;
constexpr std::size_t kPieceBytes = 1024 * 1024;          // committed at a time
constexpr std::size_t kKeptBytes = std::size_t{4} << 20;  // stay committed between scripts
constexpr std::uintptr_t kAlignment = std::uintptr_t{1} << 32;

// Reserves a range that begins at a multiple of 4 GiB.
char* reserve(std::size_t bytes) {
  const std::size_t whole = bytes + kAlignment;
  void* found = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(found != MAP_FAILED);
  const auto first = reinterpret_cast<std::uintptr_t>(found);
  const std::uintptr_t begin = (first + kAlignment - 1) / kAlignment * kAlignment;
  if (begin > first) munmap(found, begin - first);
  char* base = static_cast<char*>(found) + (begin - first);
  const std::size_t behind = first + whole - (begin + bytes);
  if (behind > 0) munmap(base + bytes, behind);
  return base;
}

std::size_t up_to_piece(std::size_t bytes) {
  return (bytes + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
}

}  // namespace

Arena::Arena(std::size_t bytes_max) : bytes_max_(up_to_piece(bytes_max)) {
  CHECK(bytes_max_ < kAlignment);
  base_ = reserve(bytes_max_);
}

Arena::~Arena() { munmap(base_, bytes_max_); }

// Multiples of 16 up to 512 bytes, then four classes for each power of two.
Arena::SizeClass Arena::class_of(std::size_t size) {
  if (size <= kSmallMax) {
    const std::size_t number = (size + kGranule - 1) / kGranule;
    return {number, number * kGranule};
  }
  const auto exponent = static_cast<std::size_t>(std::bit_width(size - 1)) - 1;
  const std::size_t quarter = std::size_t{1} << (exponent - 2);
  const std::size_t sub = ((size - 1) >> (exponent - 2)) & 3;
  return {kSmallClasses + (exponent - 9) * 4 + sub, (4 + sub + 1) * quarter};
}

void Arena::commit(std::size_t bytes) {
  if (bytes <= committed_) return;
  const std::size_t wanted = up_to_piece(bytes);
  CHECK(mprotect(base_ + committed_, wanted - committed_, PROT_READ | PROT_WRITE) == 0);
  committed_ = wanted;
}

void* Arena::allocate(std::size_t size) {
  if (size > bytes_max_) return nullptr;
  const SizeClass wanted = class_of(size);
  CHECK(wanted.number < kClasses);
  Block*& head = books_.free[wanted.number];
  if (head != nullptr) {
    Block* block = head;
    head = block->next;
    return block;
  }
  if (wanted.bytes > bytes_max_ - books_.used) return nullptr;
  char* block = base_ + books_.used;
  books_.used += wanted.bytes;
  commit(books_.used);
  return block;
}

void Arena::release(void* block, std::size_t size) {
  CHECK(contains(block));
  Block*& head = books_.free[class_of(size).number];
  auto* freed = static_cast<Block*>(block);
  freed->next = head;
  head = freed;
}

void* Arena::resize(void* block, std::size_t old_size, std::size_t new_size) {
  if (class_of(old_size).number == class_of(new_size).number) return block;
  void* moved = allocate(new_size);
  // What does not grow stays where it is; it is released as a smaller one then.
  if (moved == nullptr) return new_size <= old_size ? block : nullptr;
  std::memcpy(moved, block, std::min(old_size, new_size));
  release(block, old_size);
  return moved;
}

void Arena::keep_image() {
  image_.assign(base_, books_.used);
  image_books_ = books_;
}

void Arena::restore() {
  std::memcpy(base_, image_.data(), image_.size());
  books_ = image_books_;
  if (committed_ <= kKeptBytes) return;
  CHECK(madvise(base_ + kKeptBytes, committed_ - kKeptBytes, MADV_DONTNEED) == 0);
  CHECK(mprotect(base_ + kKeptBytes, committed_ - kKeptBytes, PROT_NONE) == 0);
  committed_ = kKeptBytes;
}

}  // namespace engine::scripts
