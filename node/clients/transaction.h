// The commands that MULTI queues until EXEC, kept as owned bytes; and what EXEC makes of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/command.h"
#include "engine/elements/batch.h"

namespace node {

class Transaction {
 public:
  struct Queued {
    const engine::CommandSpec* spec = nullptr;
    std::uint32_t database = 0;  // filled in by EXEC: SELECT inside takes effect there
    std::vector<std::string> words;
    std::vector<std::string> settings;  // replicated ones of a CONFIG SET: name, value, ...
  };

  bool is_dirty = false;  // a command was refused: EXEC aborts
  std::string exec_word;  // EXEC as its client spelt it

  void queue(const engine::CommandSpec& spec, engine::Arguments argv);
  [[nodiscard]] const std::vector<Queued>& commands() const { return commands_; }
  [[nodiscard]] std::vector<Queued>& commands() { return commands_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool has_scope(engine::Scope scope) const;
  [[nodiscard]] bool may_write() const;  // CommandSpec::wants_write
  [[nodiscard]] bool has_flag(std::uint32_t flag) const;

  // As the batch takes them; views into this object.
  [[nodiscard]] std::vector<engine::QueuedCommand> as_batch() const;

 private:
  std::vector<Queued> commands_;
  std::size_t bytes_ = 0;
};

}  // namespace node
