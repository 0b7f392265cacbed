#include "node/peers/link.h"

#include "node/peers/patience.h"

namespace node {

base::Instant PeerLink::expires_at() const {
  switch (phase) {
    case Phase::kDialling: return began + kDialPatience;
    case Phase::kGreeting:
    case Phase::kSelf: return began + kHelloPatience;
    case Phase::kVisit: return began + kVisitMax;
    case Phase::kEstablished: return heard + kSilenceMax;
  }
  return base::Instant::max();
}

std::string_view PeerLink::why_expired() const {
  switch (phase) {
    case Phase::kDialling: return {};
    case Phase::kGreeting:
    case Phase::kSelf: return "no hello came in time";
    case Phase::kVisit: return "the visit took too long";
    case Phase::kEstablished: return "nothing has been heard for 3 seconds";
  }
  return {};
}

base::Instant PeerLink::owes_word_at() const {
  if (!is_established() || !outbox.is_empty()) return base::Instant::max();
  return sent + kAliveInterval;
}

}  // namespace node
