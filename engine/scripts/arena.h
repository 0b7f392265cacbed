// The memory of one Lua interpreter: everything it allocates lies in one reserved range, handed out
// by size classes in a way that depends on the requests alone. After the sandbox is made its bytes
// are kept as an image; restore() puts them back, at the same addresses, so each script finds what
// the first one found, whatever ran before (docs/decisions/scripts.md).
//
// The range begins at a multiple of 4 GiB. Lua hashes a pointer by its low 32 bits, which are thus
// an offset into the range: the same on every node.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace engine::scripts {

class Arena {
 public:
  // Address space alone is taken; pages come when they are touched. `bytes_max`: below 4 GiB.
  explicit Arena(std::size_t bytes_max);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // nullptr: the range is used up. `size` > 0. The block is aligned to 16 bytes.
  [[nodiscard]] void* allocate(std::size_t size);
  // `size`: as it was asked for.
  void release(void* block, std::size_t size);
  // As realloc, sizes > 0. A block that does not grow never fails.
  [[nodiscard]] void* resize(void* block, std::size_t old_size, std::size_t new_size);

  // What is allocated now is what restore() goes back to.
  void keep_image();
  void restore();

  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }
  [[nodiscard]] std::size_t used() const { return books_.used; }  // the most since restore()
  // Of this process's memory.
  [[nodiscard]] std::size_t bytes_held() const { return committed_ + image_.size(); }
  // Before keep_image() alone: where an address lies in the range.
  [[nodiscard]] bool contains(const void* address) const {
    return address >= base_ && address < base_ + bytes_max_;
  }

 private:
  static constexpr std::size_t kClasses = 160;
  struct Block {
    Block* next = nullptr;
  };
  // What changes with each request.
  struct Books {
    std::size_t used = 0;  // the range is handed out up to here
    std::array<Block*, kClasses> free{};
  };
  struct SizeClass {
    std::size_t number = 0, bytes = 0;
  };
  static SizeClass class_of(std::size_t size);
  void commit(std::size_t bytes);

  char* base_ = nullptr;
  std::size_t bytes_max_;
  std::size_t committed_ = 0;  // pages up to here may be touched
  Books books_, image_books_;
  std::string image_;
};

}  // namespace engine::scripts
