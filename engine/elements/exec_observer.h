// Told of each command of an EXEC as it is applied, local or not, so that the node it came from can
// note how it went. Never changes the state.
#pragma once

#include <cstddef>

#include "engine/elements/effects.h"
#include "resp/reply_writer.h"

namespace engine {

class ExecObserver {
 public:
  virtual ~ExecObserver() = default;
  // `reply`: to which the command's own is appended in between.
  virtual void on_begin(resp::ReplyWriter& reply) = 0;
  // `effects`: what all commands so far have left there; what it takes care of it may take out.
  virtual void on_done(std::size_t position_in_exec, resp::ReplyWriter& reply,
                       Effects& effects) = 0;
};

}  // namespace engine
