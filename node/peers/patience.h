// How long the peer links wait for what, and how many of them there may be.
#pragma once

#include <cstddef>

#include "base/limits.h"
#include "base/time.h"

namespace node {

// Each end says something at least this often, and takes the other for dead after the silence.
inline constexpr base::Duration kAliveInterval = base::milliseconds(500);
inline constexpr base::Duration kSilenceMax = base::milliseconds(3000);
// A link that was heard this recently holds its id against another process.
inline constexpr base::Duration kClaimSilence = base::milliseconds(1500);
inline constexpr base::Duration kDialPatience = base::milliseconds(2000);
inline constexpr base::Duration kHelloPatience = base::milliseconds(3000);
inline constexpr base::Duration kRedialMin = base::milliseconds(50);
inline constexpr base::Duration kRedialMax = base::milliseconds(1000);
// A link that lived this long has earned a quick redial.
inline constexpr base::Duration kLinkLived = base::milliseconds(2000);
// A visit is over by then, whatever has become of it.
inline constexpr base::Duration kVisitMax = base::milliseconds(20000);
// A member that this node could not dial for so long, but that dials this node, has moved.
inline constexpr base::Duration kMovedPatience = base::milliseconds(2000);
// A member that has not been connected for so long, and at whose address somebody else answers, has
// lost its directory.
inline constexpr base::Duration kLostPatience = base::milliseconds(3000);
inline constexpr std::size_t kLinksMax = 256;
// Accepted links of which nobody knows yet whose they are, or that are visits.
inline constexpr std::size_t kStrangersMax = 16;
// What such a link may bring in all.
inline constexpr std::size_t kStrangerBytesMax = 64 * base::limits::kKiB;

}  // namespace node
