#include "server/signals.h"

#include <csignal>

#include "base/check.h"

namespace server {

struct Signals::Handle {
  uv_signal_t signal{};
};

Signals::Signals(Loop& loop, std::function<void()> on_signal) : on_signal_(std::move(on_signal)) {
  for (const int number : {SIGTERM, SIGINT}) {
    auto* handle = handles_.emplace_back(new Handle());
    CHECK(uv_signal_init(loop.uv(), &handle->signal) == 0);
    handle->signal.data = this;
    const auto tell = [](uv_signal_t* signal, int) {
      static_cast<Signals*>(signal->data)->on_signal_();
    };
    CHECK(uv_signal_start(&handle->signal, tell, number) == 0);
  }
}

Signals::~Signals() {
  for (Handle* handle : handles_) {
    uv_signal_stop(&handle->signal);
    handle->signal.data = handle;
    uv_close(reinterpret_cast<uv_handle_t*>(&handle->signal), [](uv_handle_t* closed) {
      const std::unique_ptr<Handle> done(static_cast<Handle*>(closed->data));
    });
  }
}

}  // namespace server
