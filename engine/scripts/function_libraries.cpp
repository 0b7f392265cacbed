#include "engine/scripts/function_libraries.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/command/arguments.h"
#include "engine/scripts/interpreter.h"
#include "resp/parser.h"

namespace engine::scripts {
namespace {

constexpr const char* kChunk = "@user_function";
constexpr std::string_view kInvalidHeader = "ERR Invalid library metadata";

std::string folded(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string already_exists(const std::string& function) {
  return "ERR Function " + function + " already exists";
}

// One word "name=..." behind that of the engine.
std::string take_option(std::string_view word, std::optional<std::string>& name) {
  constexpr std::string_view kName = "name=";
  if (!equals_ignoring_case(word.substr(0, kName.size()), kName))
    return "ERR Invalid metadata value given: " + std::string(word);
  if (name) return "ERR Invalid metadata value, name argument was given multiple times";
  name = word.substr(kName.size());
  return {};
}

std::string check_header(const std::string& engine, const std::optional<std::string>& name) {
  if (!name) return "ERR Library name was not given";
  if (!is_function_name(*name)) return std::string(kBadFunctionName);
  return equals_ignoring_case(engine, "lua") ? "" : "ERR Engine '" + engine + "' not found";
}

}  // namespace

bool is_function_name(std::string_view name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_fine);
}

LibraryHeader parse_library_header(std::string_view source) {
  LibraryHeader header;
  if (!source.starts_with("#!")) {
    header.error = "ERR Missing library metadata";
    return header;
  }
  const std::size_t end = source.find_first_of(std::string_view("\n\0", 2));
  std::vector<std::string> words;
  const bool is_line = end != std::string_view::npos && source[end] == '\n' &&
                       resp::split_words(source.substr(0, end), words);
  if (!is_line) {
    header.error = kInvalidHeader;
    return header;
  }
  header.line_size = end;
  std::optional<std::string> name;
  for (std::size_t i = 1; i < words.size() && header.error.empty(); ++i)
    header.error = take_option(words[i], name);
  if (header.error.empty()) header.error = check_header(words[0].substr(2), name);
  if (name) header.name = std::move(*name);
  return header;
}

const Library* FunctionLibraries::find(std::string_view name) const {
  const auto found = libraries_.find(name);
  return found == libraries_.end() ? nullptr : &found->second;
}

FunctionLibraries::Found FunctionLibraries::find_function(std::string_view name) const {
  const auto owner = owners_.find(folded(name));
  if (owner == owners_.end()) return {};
  const Library* library = find(owner->second);
  CHECK(library != nullptr);
  for (const Function& function : library->functions) {
    if (equals_ignoring_case(function.name, name)) return {library, &function};
  }
  CHECK(false);
}

std::string_view FunctionLibraries::code_of(const Library& library, Interpreter& interpreter) {
  if (library.code.empty()) {
    const LibraryHeader header = parse_library_header(library.source);
    std::string error;
    auto code = interpreter.compile(std::string_view(library.source).substr(header.line_size),
                                    kChunk, error);
    CHECK(code.has_value());
    library.code = std::move(*code);
  }
  return library.code;
}

LoadedLibrary FunctionLibraries::load(const LibraryHeader& header, std::string_view source,
                                      Interpreter& interpreter) {
  LoadedLibrary loaded;
  loaded.library.name = header.name;
  loaded.library.source = source;
  std::string wrong;
  auto code = interpreter.compile(source.substr(header.line_size), kChunk, wrong);
  if (!code) {
    loaded.error = "ERR Error compiling function: " + wrong;
    return loaded;
  }
  loaded.library.code = std::move(*code);
  wrong = interpreter.load_library(loaded.library.code, loaded.library.functions);
  if (!wrong.empty()) {
    loaded.error = "ERR Error registering functions: " + wrong;
  } else if (loaded.library.functions.empty()) {
    loaded.error = "ERR No functions registered";
  }
  return loaded;
}

// A function of another library has the name of one of this.
std::string FunctionLibraries::collision(const Library& library) const {
  for (const Function& function : library.functions) {
    const auto owner = owners_.find(folded(function.name));
    if (owner != owners_.end() && owner->second != library.name)
      return already_exists(function.name);
  }
  return {};
}

void FunctionLibraries::put(Library library) {
  remove(library.name);
  source_bytes_ += library.source.size();
  for (const Function& function : library.functions)
    owners_.emplace(folded(function.name), library.name);
  std::string name = library.name;
  libraries_.emplace(std::move(name), std::move(library));
}

std::string FunctionLibraries::add(Library library) {
  std::string error = collision(library);
  if (error.empty()) put(std::move(library));
  return error;
}

std::string FunctionLibraries::add_all(const FunctionLibraries& others, OnCollision mode) {
  for (const auto& [name, library] : others.libraries_) {
    if (mode == OnCollision::kRefuse && find(name) != nullptr)
      return "ERR Library " + name + " already exists";
  }
  for (const auto& [name, library] : others.libraries_) {
    for (const Function& function : library.functions) {
      const auto owner = owners_.find(folded(function.name));
      // Those of a library that is about to be replaced do not count.
      if (owner != owners_.end() && others.find(owner->second) == nullptr)
        return already_exists(function.name);
    }
  }
  for (const auto& [name, library] : others.libraries_) remove(name);
  for (const auto& [name, library] : others.libraries_) put(library);
  return {};
}

bool FunctionLibraries::remove(std::string_view name) {
  const auto found = libraries_.find(name);
  if (found == libraries_.end()) return false;
  for (const Function& function : found->second.functions) owners_.erase(folded(function.name));
  source_bytes_ -= found->second.source.size();
  libraries_.erase(found);
  return true;
}

void FunctionLibraries::clear() {
  libraries_.clear();
  owners_.clear();
  source_bytes_ = 0;
}

void FunctionLibraries::encode(base::Encoder& out) const {
  out.varint(libraries_.size());
  for (const auto& [name, library] : libraries_) {
    out.bytes(name);
    out.bytes(library.source);
    out.varint(library.functions.size());
    for (const Function& function : library.functions) {
      out.bytes(function.name);
      out.u8(function.flags);
      out.u8(function.description ? 1 : 0);
      if (function.description) out.bytes(*function.description);
    }
  }
}

bool FunctionLibraries::decode(base::Decoder& in) {
  clear();
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Library library;
    library.name = in.bytes();
    library.source = in.bytes();
    const std::uint64_t functions = in.varint();
    for (std::uint64_t j = 0; j < functions && in.ok(); ++j) {
      Function& function = library.functions.emplace_back();
      function.name = in.bytes();
      function.flags = in.u8();
      if (in.u8() != 0) function.description = in.bytes();
    }
    if (!in.ok() || library.functions.empty() || !add(std::move(library)).empty()) return false;
  }
  return in.ok();
}

}  // namespace engine::scripts
