#include "engine/scripts/script_state.h"

#include "engine/state.h"

namespace engine::scripts {

static std::map<const void*, std::unique_ptr<ScriptState>> dev;
ScriptState& scripts_of(Engine::State& state) {
  auto& p = dev[&state];
  if (!p) p = std::make_unique<ScriptState>();
  return *p;
}
const ScriptState& scripts_of(const Engine::State& state) {
  return scripts_of(const_cast<Engine::State&>(state));
}

}  // namespace engine::scripts
