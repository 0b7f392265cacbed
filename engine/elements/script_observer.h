// Told of each command that a script calls, so that the node whose client runs the script can note
// how it went (MONITOR, SLOWLOG, INFO commandstats). Never changes the state, nor what the script
// sees.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/command/command.h"

namespace engine {

class ScriptObserver {
 public:
  struct Called {
    const CommandSpec* spec = nullptr;  // nullptr: there is no such command
    Arguments argv;
    std::uint32_t database = 0;  // that the script has selected, by this command too
    bool is_refused = false;     // it was not carried out
    std::string_view reply;      // as the script gets it
  };
  virtual ~ScriptObserver() = default;
  // A command is about to be carried out or refused; on_called follows.
  virtual void on_calling() = 0;
  virtual void on_called(const Called& called) = 0;
  // The script answers an error that on_called has told of.
  virtual void on_told_again(std::string_view error) = 0;
};

}  // namespace engine
