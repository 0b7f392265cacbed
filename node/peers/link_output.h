// What the peer links have to tell: events to the machine around them; dials, closings, last words
// and lines to the driver at the end of the turn. Invariant: each leaves once, in the order in
// which it came; last words leave before the driver closes their link. Thread: consensus.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/messages/consensus_output.h"
#include "node/messages/line_limiter.h"
#include "node/peers/events.h"

namespace node {

class LinkOutput {
 public:
  // ---- to the machine ----
  void tell(PeerEvent event) { events_.push_back(std::move(event)); }
  [[nodiscard]] bool has_events() const { return !events_.empty(); }
  [[nodiscard]] std::vector<PeerEvent> take_events() { return std::exchange(events_, {}); }

  // ---- to the driver ----
  void dial(LinkId link, const std::string& address) {
    dials_.push_back({.link = link, .address = address});
  }
  void close(LinkId link) { closes_.push_back(link); }
  void last_words(LinkBytes words) { last_words_.push_back(std::move(words)); }
  void line(LogLine line) { lines_.push_back(std::move(line)); }
  // Once in a while only; `key`: see LineLimiter.
  void line_rarely(base::Instant now, const std::string& key, LogLine line) {
    limiter_.say(now, key, std::move(line), lines_);
  }
  void flush(ConsensusOutput& out);

 private:
  std::vector<PeerEvent> events_;
  std::vector<Dial> dials_;
  std::vector<LinkId> closes_;
  std::vector<LinkBytes> last_words_;
  LineLimiter limiter_;
  std::vector<LogLine> lines_;
};

}  // namespace node
