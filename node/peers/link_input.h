// What the driver has of the peer links: links that are up, bytes, links that are down. Bytes
// become messages at once, and everything takes effect in the next turn, in the order in which it
// came. What an established link may say, and who is told of it. A link that brings bytes which are
// no frames, or a stranger's that brings too many, is closed. Thread: consensus.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/peers/handshake.h"
#include "node/peers/link_table.h"

namespace node {

class LinkInput {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    LinkTable& links;
    const PeerMembership& membership;
    KnownPeers& known;
    LinkOutput& output;
    Visits& visits;
    Dismissals& dismissals;
    Handshake& handshake;
  };
  explicit LinkInput(const Parts& parts);

  void on_up(LinkId link, std::string_view remote_address);
  void on_bytes(LinkId link, std::string_view bytes);
  void on_down(LinkId link, std::string_view reason);
  // What came since the last call takes effect.
  void process();

 private:
  struct Up {
    LinkId link;
  };
  struct Messages {
    LinkId link;
    std::vector<WireMessage> messages;
    std::optional<base::Error> error;
  };
  struct Down {
    LinkId link;
    std::string reason;
  };
  using Input = std::variant<Up, Messages, Down>;

  void process(const Up& up);
  void process(Messages& input);
  void process(const Down& down) { links_.on_down(down.link, down.reason); }
  void take(PeerLink& link, WireMessage& message);
  void on_outsider(const PeerLink& link, const WireMessage& message);
  void take_greeting(PeerLink& link, const WireMessage& message);
  void take_of_peer(PeerLink& link, WireMessage& message);
  [[nodiscard]] bool is_heeded(const WireMessage& message) const;
  void on_announced(PeerLink& link, const WireMessage& message);

  LinkTable& links_;
  const PeerMembership& membership_;
  KnownPeers& known_;
  LinkOutput& output_;
  Visits& visits_;
  Dismissals& dismissals_;
  Handshake& handshake_;
  std::vector<Input> inputs_;
};

}  // namespace node
