// Values as payloads and back; see engine/rdb/.
#pragma once

#include "engine/context.h"

namespace engine::commands {

void dump(ReadContext& context);
void restore(WriteContext& context);

}  // namespace engine::commands
