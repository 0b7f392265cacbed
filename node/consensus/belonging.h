// What a node is to others.
#pragma once

#include <cstdint>

namespace node {

enum class Belonging : std::uint8_t {
  kUnborn,   // it waits for its founding, or to be added
  kLone,     // a cluster of one
  kMember,   // of a cluster of several
  kRemoved,  // it was
};

}  // namespace node
