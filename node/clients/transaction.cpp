#include "node/clients/transaction.h"

namespace node {

void Transaction::queue(const engine::CommandSpec& spec, engine::Arguments argv) {
  Queued& queued = commands_.emplace_back();
  queued.spec = &spec;
  queued.words.assign(argv.begin(), argv.end());
  for (const std::string_view word : argv) bytes_ += word.size() + sizeof(std::string);
}

bool Transaction::has_scope(engine::Scope scope) const {
  for (const Queued& queued : commands_) {
    if (queued.spec->scope == scope) return true;
  }
  return false;
}

bool Transaction::may_write() const {
  for (const Queued& queued : commands_) {
    if (queued.spec->wants_write != nullptr) return true;
  }
  return false;
}

bool Transaction::has_flag(std::uint32_t flag) const {
  for (const Queued& queued : commands_) {
    if ((queued.spec->flags & flag) != 0) return true;
  }
  return false;
}

std::vector<engine::QueuedCommand> Transaction::as_batch() const {
  std::vector<engine::QueuedCommand> commands;
  commands.reserve(commands_.size());
  for (const Queued& queued : commands_) {
    commands.push_back({.database = queued.database,
                        .is_local = queued.spec->scope == engine::Scope::kLocal,
                        .argv = {queued.words.begin(), queued.words.end()},
                        .settings = {queued.settings.begin(), queued.settings.end()}});
  }
  return commands;
}

}  // namespace node
