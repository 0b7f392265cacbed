#include "resp/input_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace resp {

std::span<char> InputBuffer::prepare(std::size_t wanted, std::size_t missing) {
  CHECK(wanted > 0);
  const std::size_t size = end_ - begin_;
  if (capacity_ - end_ < wanted) {
    // Moving down is paid for by the consumed bytes it wins back; growing at least doubles, but for
    // a bulk's known end.
    if (begin_ >= size && capacity_ - size >= wanted) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size);
      begin_ = 0;
      end_ = size;
    } else {
      const std::size_t step = missing > 0 ? std::min(size, missing) : size;
      move_to(std::max(kCapacityMin, size + std::max(wanted, step)));
    }
  }
  return {bytes_.get() + end_, capacity_ - end_};
}

void InputBuffer::commit(std::size_t size) {
  CHECK(size <= capacity_ - end_);
  end_ += size;
}

void InputBuffer::append(std::string_view bytes, std::size_t missing) {
  if (bytes.empty()) return;
  const std::span<char> room = prepare(bytes.size(), missing);
  std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void InputBuffer::consume(std::size_t size) {
  CHECK(size <= end_ - begin_);
  begin_ += size;
  if (begin_ == end_) begin_ = end_ = 0;
}

void InputBuffer::release_if_idle() {
  if (!empty() || capacity_ <= kCapacityMin) return;
  bytes_.reset();
  capacity_ = 0;
}

void InputBuffer::move_to(std::size_t capacity) {
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  const std::size_t size = end_ - begin_;
  if (size > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, size);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
  begin_ = 0;
  end_ = size;
}

}  // namespace resp
