// What INFO says of scripts and functions.
#pragma once

#include <cstdint>

namespace engine {

struct ScriptFacts {
  std::uint64_t scripts = 0, libraries = 0, functions = 0;
  std::uint64_t script_bytes = 0, library_bytes = 0;     // of their sources
  std::uint64_t script_memory = 0, function_memory = 0;  // of this node's interpreters
};

}  // namespace engine
