#include "engine/script_facts.h"

#include "engine/engine.h"
#include "engine/scripts/script_state.h"
#include "engine/state/state.h"

namespace engine {

ScriptFacts Engine::script_facts() const {
  const scripts::ScriptState& scripts = *state_->script_state;
  return {.scripts = scripts.cache.size(),
          .libraries = scripts.libraries.size(),
          .functions = scripts.libraries.function_count(),
          .script_bytes = scripts.cache.source_bytes(),
          .library_bytes = scripts.libraries.source_bytes(),
          .script_memory = scripts.interpreter_bytes(),
          .function_memory = scripts.function_interpreter_bytes()};
}

}  // namespace engine
