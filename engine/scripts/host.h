// What a script asks its surroundings for: commands, and which it may run.
#pragma once

#include <optional>
#include <string>

#include "engine/command/command.h"

namespace engine::scripts {

class Host {
 public:
  virtual ~Host() = default;
  // Carries out one command of the script. Its reply, an error too, becomes `reply`, in that
  // version of RESP.
  virtual void call(Arguments argv, int version, std::string& reply) = 0;
  // Whether the user on whose behalf the script runs may carry it out; nullopt: it is no command.
  [[nodiscard]] virtual std::optional<bool> may_run(Arguments argv) const = 0;
};

}  // namespace engine::scripts
