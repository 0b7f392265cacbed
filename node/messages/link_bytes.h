// What goes between the consensus machine and the driver of its peer links. Values.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace node {

// One peer TCP connection of this process. The machine names the ones it dials, the driver the ones
// it accepts (kAcceptedLinkBit set); numbers are never reused.
using LinkId = base::Tagged<struct LinkIdTag>;
inline constexpr std::uint64_t kAcceptedLinkBit = 1ULL << 63;

struct LinkBytes {
  LinkId link;
  std::string bytes;
};
struct Dial {
  LinkId link;
  std::string address;
};

}  // namespace node
