// The libraries that FUNCTION LOAD has made and FCALL runs: part of the replicated state, like the
// cached scripts (engine/scripts/script_cache.h).
//
// Function names are unique over all libraries, whatever their case, and a library has at least one
// function. Libraries stand in the order of their names, functions as they were registered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"

namespace engine::scripts {

class Interpreter;

struct Function {
  std::string name;
  std::optional<std::string> description;
  std::uint8_t flags = 0;  // ScriptFlag
};

struct Library {
  std::string name, source;
  std::vector<Function> functions;
  mutable std::string code;  // bytecode; empty: not made yet
};

// What a source says and registers, not yet part of anything; `error` is Redis's, empty: it is a
// library.
struct LoadedLibrary {
  Library library;
  std::string error;
};

// Of libraries and functions alike.
[[nodiscard]] bool is_function_name(std::string_view name);
inline constexpr std::string_view kBadFunctionName =
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least "
    "one character long";

// The first line "#!lua name=...", which names engine and library.
struct LibraryHeader {
  std::string name;
  std::size_t line_size = 0;  // that is no Lua
  std::string error;          // Redis's; empty: it is well-formed
};
[[nodiscard]] LibraryHeader parse_library_header(std::string_view source);

class FunctionLibraries {
 public:
  enum class OnCollision : std::uint8_t { kRefuse, kReplace };

  [[nodiscard]] const Library* find(std::string_view name) const;
  struct Found {
    const Library* library = nullptr;  // nullptr: there is no such function
    const Function* function = nullptr;
  };
  [[nodiscard]] Found find_function(std::string_view name) const;
  // Its bytecode, which lives as long as the library.
  [[nodiscard]] static std::string_view code_of(const Library& library, Interpreter& interpreter);

  // Runs the source, which may take a bounded number of steps. `header` is that of the source.
  [[nodiscard]] static LoadedLibrary load(const LibraryHeader& header, std::string_view source,
                                          Interpreter& interpreter);
  // Redis's error, and nothing has changed; or empty. A library of the same name is replaced.
  [[nodiscard]] std::string add(Library library);
  // Adds all of another or nothing; Redis's error, or empty.
  [[nodiscard]] std::string add_all(const FunctionLibraries& others, OnCollision mode);
  bool remove(std::string_view name);
  void clear();

  [[nodiscard]] bool empty() const { return libraries_.empty(); }
  [[nodiscard]] std::size_t size() const { return libraries_.size(); }
  [[nodiscard]] std::size_t function_count() const { return owners_.size(); }
  [[nodiscard]] std::size_t source_bytes() const { return source_bytes_; }
  [[nodiscard]] const std::map<std::string, Library, std::less<>>& all() const {
    return libraries_;
  }

  void encode(base::Encoder& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  [[nodiscard]] std::string collision(const Library& library) const;
  void put(Library library);

  std::map<std::string, Library, std::less<>> libraries_;
  // Of each function: its name in lower case, and that of its library.
  std::map<std::string, std::string, std::less<>> owners_;
  std::size_t source_bytes_ = 0;
};

}  // namespace engine::scripts
