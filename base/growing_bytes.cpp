#include "base/growing_bytes.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace base {
namespace {

constexpr std::size_t kRounding = 64 * 1024;  // of pages; a multiple of any page size in use
constexpr std::size_t kBytesMax = std::numeric_limits<std::size_t>::max() / 4;

constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + kRounding - 1) / kRounding * kRounding;
}

}  // namespace

GrowingBytes::GrowingBytes(std::string_view bytes) {
  if (bytes.empty()) return;
  CHECK(try_reserve(bytes.size()));
  std::memcpy(data_, bytes.data(), bytes.size());
  size_ = bytes.size();
}

GrowingBytes& GrowingBytes::operator=(GrowingBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(is_paged_, other.is_paged_);
  return *this;
}

GrowingBytes::~GrowingBytes() {
  if (is_paged_)
    ::munmap(data_, capacity_);
  else
    std::free(data_);
}

bool GrowingBytes::move_to_pages(std::size_t capacity) {
  void* pages = is_paged_ ? ::mremap(data_, capacity_, capacity, MREMAP_MAYMOVE)
                          : ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return false;
  if (!is_paged_ && size_ > 0) std::memcpy(pages, data_, size_);
  if (!is_paged_) std::free(data_);
  data_ = static_cast<char*>(pages);
  capacity_ = capacity;
  is_paged_ = true;
  return true;
}

// Room for `size`: as much as that the first time, an eighth more when it grows.
bool GrowingBytes::try_reserve(std::size_t size) {
  if (size <= capacity_) return true;
  if (size > kBytesMax) return false;
  const std::size_t wanted = size_ == 0 ? size : size + size / 8;
  if (is_paged_ || size >= kPagedBytesMin) return move_to_pages(rounded(wanted));
  void* moved = std::realloc(data_, wanted);
  if (moved == nullptr) return false;
  data_ = static_cast<char*>(moved);
  capacity_ = wanted;
  return true;
}

bool GrowingBytes::try_resize(std::size_t size) {
  if (size < size_) return shrink(size), true;
  if (!try_reserve(size)) return false;
  if (!is_paged_ && size > size_) std::memset(data_ + size_, 0, size - size_);
  size_ = size;
  return true;
}

void GrowingBytes::resize(std::size_t size) { CHECK(try_resize(size)); }

void GrowingBytes::append(std::string_view bytes) {
  if (bytes.empty()) return;
  CHECK(try_reserve(size_ + bytes.size()));
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void GrowingBytes::shrink(std::size_t size) {
  if (is_paged_) {
    const std::size_t kept = rounded(size);
    if (kept < capacity_) CHECK(::munmap(data_ + kept, capacity_ - kept) == 0);
    capacity_ = kept;
    std::memset(data_ + size, 0, std::min(size_, kept) - size);
    if (kept == 0) data_ = nullptr, is_paged_ = false;
  }
  size_ = size;
}

}  // namespace base
