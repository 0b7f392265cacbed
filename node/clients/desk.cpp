#include "node/clients/desk.h"

namespace node {

void Scratch::release() {
  constexpr std::size_t kBytesKept = 64 * 1024;
  for (std::string* text : {&silent, &reply}) {
    if (text->capacity() > kBytesKept) std::string().swap(*text);
  }
  if (words.capacity() * sizeof(std::string_view) > kBytesKept)
    std::vector<std::string_view>().swap(words);
}

}  // namespace node
