// What the engine keeps for scripts: those that are cached, libraries of functions, and the
// interpreters, which are no part of the state and are made when the first script or function runs.
#pragma once

#include <memory>

#include "engine/rules/rules.h"
#include "engine/scripts/function_libraries.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/script_cache.h"

namespace engine::scripts {

struct ScriptState {
  ScriptCache cache;
  FunctionLibraries libraries;

  // Queries run scripts too, which leave nothing behind in it. `rules`: those in force. An
  // interpreter is made again when they bring other costs.
  [[nodiscard]] Interpreter& interpreter(std::uint32_t rules) const {
    return made(interpreter_, Interpreter::Kind::kScripts, rules);
  }
  [[nodiscard]] Interpreter& function_interpreter(std::uint32_t rules) const {
    return made(function_interpreter_, Interpreter::Kind::kFunctions, rules);
  }
  // What they hold of this node's memory.
  [[nodiscard]] std::size_t interpreter_bytes() const { return bytes_of(interpreter_); }
  [[nodiscard]] std::size_t function_interpreter_bytes() const {
    return bytes_of(function_interpreter_);
  }

 private:
  using Owner = std::unique_ptr<Interpreter>;
  static Interpreter& made(Owner& owner, Interpreter::Kind kind, std::uint32_t rules) {
    if (owner == nullptr || owner->rules() != rules)
      owner = std::make_unique<Interpreter>(kind, rules);
    return *owner;
  }
  static std::size_t bytes_of(const Owner& owner) { return owner == nullptr ? 0 : owner->bytes(); }
  mutable Owner interpreter_, function_interpreter_;
};

}  // namespace engine::scripts
