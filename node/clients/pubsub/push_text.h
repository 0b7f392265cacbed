// What a subscriber is sent, in the words of Redis 7.0: RESP2 gets arrays, RESP3 pushes. One text
// is made for each version that somebody needs, and shared by all who need it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "resp/reply_writer.h"

namespace node {

// A message in the words given; views live as long as the caller's.
class PushText {
 public:
  PushText(std::string_view kind, std::initializer_list<std::string_view> words)
      : count_(words.size() + 1) {
    CHECK(count_ <= words_.size());
    words_[0] = kind;
    std::copy(words.begin(), words.end(), words_.begin() + 1);
  }
  // Valid until this is gone.
  [[nodiscard]] std::string_view for_version(int version) {
    std::string& text = texts_[version >= 3 ? 1 : 0];
    if (text.empty()) write(text, version);
    return text;
  }

 private:
  void write(std::string& text, int version) const {
    std::size_t bytes = 64;
    const auto words = std::span(words_).first(count_);
    for (const std::string_view word : words) bytes += word.size() + 32;
    text.reserve(bytes);
    resp::ReplyWriter reply(text, version);
    reply.push(count_);
    for (const std::string_view word : words) reply.bulk(word);
  }

  std::array<std::string_view, 4> words_;
  std::size_t count_;
  std::array<std::string, 2> texts_;
};

}  // namespace node
