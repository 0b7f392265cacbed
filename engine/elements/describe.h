// An element of a batch in words, for people: its command and its first key, cut to a length and
// free of control characters.
#pragma once

#include <string>

#include "engine/command/table.h"
#include "engine/elements/batch.h"

namespace engine {

[[nodiscard]] std::string describe(const CommandTable& commands, const Element& element);

}  // namespace engine
