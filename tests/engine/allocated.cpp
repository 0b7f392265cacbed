#include "tests/engine/allocated.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/types/allocation.h"

namespace {

std::atomic<std::size_t> sum{0};

// In front of each block: its size. Keeps the alignment of operator new.
constexpr std::size_t kFront = 16;

}  // namespace

namespace engine {

std::size_t allocated_bytes() { return sum; }

}  // namespace engine

void* operator new(std::size_t size) {
  auto* front = static_cast<std::size_t*>(std::malloc(size + kFront));
  if (front == nullptr) throw std::bad_alloc();
  *front = engine::allocation_bytes(size);
  sum += *front;
  return reinterpret_cast<char*>(front) + kFront;
}

// Each of them stands here, for the sanitizers' own would call one another and not these.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  auto* front = reinterpret_cast<std::size_t*>(static_cast<char*>(block) - kFront);
  sum -= *front;
  std::free(front);
}

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }

void operator delete[](void* block) noexcept { operator delete(block); }

void operator delete[](void* block, std::size_t) noexcept { operator delete(block); }
