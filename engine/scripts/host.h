// What a script asks its surroundings for: commands, and which commands there are.
#pragma once

#include <string>

#include "engine/command/command.h"

namespace engine::scripts {

class Host {
 public:
  virtual ~Host() = default;
  // Carries out one command of the script. Its reply, an error too, becomes `reply`, in that
  // version of RESP.
  virtual void call(Arguments argv, int version, std::string& reply) = 0;
  [[nodiscard]] virtual bool is_command(Arguments argv) const = 0;
};

}  // namespace engine::scripts
