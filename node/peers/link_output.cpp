#include "node/peers/link_output.h"

namespace node {

void LinkOutput::flush(ConsensusOutput& out) {
  for (LinkBytes& words : std::exchange(last_words_, {})) out.sends.push_back(std::move(words));
  for (Dial& dial : std::exchange(dials_, {})) out.dials.push_back(std::move(dial));
  for (const LinkId id : std::exchange(closes_, {})) out.closes.push_back(id);
  for (LogLine& line : std::exchange(lines_, {})) out.lines.push_back(std::move(line));
}

}  // namespace node
