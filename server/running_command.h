// Which command the service thread carries out, for the consensus thread that watches it. One
// writer, any readers, no locks: two stores for each command.
#pragma once

#include <atomic>

#include "engine/command/command.h"
#include "node/consensus/service_watch.h"

namespace server {

class RunningCommand final : public engine::CommandWatch {
 public:
  void on_command(const engine::CommandSpec* command) override {
    number_.store(number_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    command_.store(command, std::memory_order_release);
  }
  // Any thread. Of two commands that follow each other it may show one's number with the other's
  // name; of one that goes on it shows both.
  [[nodiscard]] node::ServiceActivity read() const {
    const engine::CommandSpec* command = command_.load(std::memory_order_acquire);
    return {.number = number_.load(std::memory_order_relaxed),
            .command = command == nullptr ? std::string_view() : command->name};
  }

 private:
  std::atomic<std::uint64_t> number_{0};
  std::atomic<const engine::CommandSpec*> command_{nullptr};
};

}  // namespace server
