// The unread bytes of one connection: filled at the back by the socket, parsed and consumed at the
// front. Consuming moves no byte; each byte is moved a bounded number of times overall. Memory
// follows what really came: an announced bulk of 512 MB makes the buffer at most double, never
// allocates the announced size up front.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace resp {

class InputBuffer {
 public:
  // Smallest allocation, and what an empty buffer keeps.
  static constexpr std::size_t kCapacityMin = 16 * 1024;

  [[nodiscard]] std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  // Memory held, for client-query-buffer-limit and the like.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // Free bytes behind the unread ones, at least `wanted` (> 0), to be written and then announced
  // with commit(). Views of unread() are invalid afterwards. `missing`: what the parser says is
  // still to come of a bulk, 0 if unknown; with it the buffer grows to the exact size at last
  // instead of beyond.
  [[nodiscard]] std::span<char> prepare(std::size_t wanted, std::size_t missing = 0);
  void commit(std::size_t size);
  void append(std::string_view bytes, std::size_t missing = 0);
  // Drops the first `size` unread bytes. Views stay valid until the next prepare() or append(),
  // unless release_if_idle().
  void consume(std::size_t size);
  // Gives memory back when nothing is unread and more than kCapacityMin is held.
  void release_if_idle();

 private:
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace resp
