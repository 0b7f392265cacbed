// A key in its database, as clients that wait name it; found by a view of it without a copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

struct DatabaseKey {
  std::uint32_t database = 0;
  std::string key;
};

struct DatabaseKeyView {
  std::uint32_t database = 0;
  std::string_view key;
};

struct DatabaseKeyOrder {
  using is_transparent = void;
  template <class One, class Other>
  bool operator()(const One& one, const Other& other) const {
    if (one.database != other.database) return one.database < other.database;
    return std::string_view(one.key) < std::string_view(other.key);
  }
};

}  // namespace engine
