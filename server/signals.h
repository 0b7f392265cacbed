// SIGTERM and SIGINT on a loop. The handles live until the loop has closed them, which may be after
// this object has gone.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "server/loop.h"

namespace server {

class Signals {
 public:
  // `on_signal` is called on the loop's thread, not any more when this has gone.
  Signals(Loop& loop, std::function<void()> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Handle;
  std::function<void()> on_signal_;
  std::vector<Handle*> handles_;
};

}  // namespace server
