// What the engine keeps for scripts: those that are cached, and the interpreter, which is no part
// of the state and is made when the first script runs.
#pragma once

#include <memory>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/script_cache.h"

namespace engine::scripts {

struct ScriptState {
  ScriptCache cache;

  // Queries run scripts too, which leave nothing behind in it.
  [[nodiscard]] Interpreter& interpreter() const {
    if (interpreter_ == nullptr) interpreter_ = std::make_unique<Interpreter>();
    return *interpreter_;
  }

 private:
  mutable std::unique_ptr<Interpreter> interpreter_;
};

}  // namespace engine::scripts
