// Bytes in one piece that grow without being copied, however many they are: from kPagedBytesMin on
// they lie in pages of their own, which the system moves by their table entries alone and which
// take memory only when something is written to them. So growing by a gigabyte of zeros is cheap
// too. Cost: growing O(kPagedBytesMin) at most, apart from what is written. Ends the process when
// there is no memory, as operator new does.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace base {

class GrowingBytes {
 public:
  static constexpr std::size_t kPagedBytesMin = 2 * 1024 * 1024;

  GrowingBytes() = default;
  explicit GrowingBytes(std::string_view bytes);
  GrowingBytes(GrowingBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)),
        is_paged_(std::exchange(other.is_paged_, false)) {}
  GrowingBytes& operator=(GrowingBytes&& other) noexcept;
  ~GrowingBytes();

  [[nodiscard]] std::size_t size() const { return size_; }
  // What it takes of memory at most, apart from room to grow that nothing was written to.
  [[nodiscard]] std::size_t memory_bytes() const { return is_paged_ ? size_ : capacity_; }
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] char* data() { return data_; }

  // New bytes are zeros. Becoming smaller gives pages back: O(bytes that go).
  void resize(std::size_t size);
  // For a size that comes from outside: false, and nothing changed, if there cannot be so much.
  [[nodiscard]] bool try_resize(std::size_t size);
  void append(std::string_view bytes);  // no part of these

 private:
  [[nodiscard]] bool try_reserve(std::size_t size);
  [[nodiscard]] bool move_to_pages(std::size_t capacity);
  void shrink(std::size_t size);

  char* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
  bool is_paged_ = false;  // then all behind size_ is zeros
};

}  // namespace base
