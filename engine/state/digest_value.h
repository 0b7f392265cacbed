// A digest of what a value says, whatever its packing and its positions: equal values, equal
// digests. Part of DEBUG DIGEST and DIGEST-VALUE.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/types/value.h"

namespace engine {

class Digest {
 public:
  static constexpr std::size_t kWords = 3;  // 160 bits of which are shown

  Digest() = default;
  Digest(std::uint64_t salt, std::string_view bytes);
  // Elements whose order says nothing: in any order the sum is the same.
  Digest& operator+=(const Digest& other);
  [[nodiscard]] const std::array<std::uint64_t, kWords>& words() const { return words_; }
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(words_.data()), sizeof words_};
  }

 private:
  std::array<std::uint64_t, kWords> words_{};
};

[[nodiscard]] Digest digest_value(const ValueView& value);

}  // namespace engine
