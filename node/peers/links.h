// All peer links of this node (DESIGN decision 16): it dials every target and accepts whoever dials
// it; each link begins with a hello in both directions, and strangers are refused with a line in
// the log. Messages to a peer leave on the link this node dialled, else on one the peer dialled. A
// link that is silent, that brings bytes which are no frames, or that is refused, is closed;
// targets are dialled again with bounded, jittered backoff.
//
// Who is who: a node's identity is its id; its epoch names one run of its process. Two live links
// with one id and different epochs are two processes with one identity: the second is refused by
// name while the first is alive. Thread: consensus.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/prng.h"
#include "node/messages/consensus_output.h"
#include "node/messages/line_limiter.h"
#include "node/peers/events.h"
#include "node/peers/outbox.h"

namespace node {

class PeerLinks {
 public:
  struct Options {
    NodeId self;
    std::uint64_t epoch = 0;
    std::uint64_t seed = 0;
    Announcement announcement;
    bool wants_vote = true;  // raft-voter
  };
  struct Target {
    std::string address;
    NodeId expected;  // none: whoever answers (birth)
  };
  explicit PeerLinks(Options options);
  ~PeerLinks();

  // ---- of the driver; take effect in the next turn ----
  void on_up(LinkId link, std::string_view remote_address);
  void on_bytes(LinkId link, std::string_view bytes);
  void on_down(LinkId link, std::string_view reason);
  void on_sent(LinkId link, std::size_t unsent_bytes);

  // ---- what hellos say and whom to dial ----
  // `newcomers`: members that may not know the cluster yet.
  void set_cluster(base::ClusterId cluster, std::set<NodeId> members, std::set<NodeId> newcomers);
  // What is known as committed: who is no member any more is told so, on links that stand too.
  // `own_version`: see Hello::version.
  void set_committed(const raft::Membership& membership, std::optional<LogIndex> own_version);
  // This node is no peer of anybody (any more): it takes visits only.
  void leave();
  // Peers are told.
  void set_announcement(const Announcement& announcement);
  void set_birth_status(BirthStatus status) { birth_ = std::move(status); }
  void set_holding(const Holding& holding) { holding_ = holding; }
  // Of the members: who comes back and does not hold its own is told so, and refused.
  [[nodiscard]] Promises& promises() { return promises_; }
  void set_targets(const std::vector<Target>& targets);

  // What has come since the last call, in order.
  [[nodiscard]] std::vector<PeerEvent> take_events(base::Instant now);
  // False if no link to it stands; the message is dropped.
  bool send(NodeId to, WireKind kind, std::string body);
  bool send(raft::Message message);
  // False if no link to it stands, or too much waits there: the message is dropped.
  [[nodiscard]] bool send_beside(NodeId to, WireKind kind, std::string body);
  [[nodiscard]] bool has_room_for_pubsub(NodeId peer) const;
  // A peer said something that no peer says: closes its links.
  void close_peer(NodeId peer, const std::string& why);
  // A visit: VisitBegun or VisitEnded follows, and what the other end says.
  [[nodiscard]] LinkId visit(const std::string& address);
  // Dropped if the visit is over.
  void say(LinkId visit, WireKind kind, std::string body);
  // After what was said has left. `why` empty: no line.
  void end_visit(LinkId visit, const std::string& why);
  // Dials, closes what timed out, and hands out bytes.
  void finish_turn(base::Instant now, ConsensusOutput& out);
  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }
  [[nodiscard]] bool has_more_to_send() const;

  // ---- for the view ----
  struct PeerInfo {
    bool is_connected = false, wants_vote = true;
    std::uint64_t epoch = 0;
    Announcement announcement;
    std::string remote_address;
    std::optional<base::Instant> heard, lost;
  };
  [[nodiscard]] PeerInfo info(NodeId peer) const;
  // The run of its process that was heard last; 0: none in this run.
  [[nodiscard]] std::uint64_t epoch_of(NodeId peer) const;
  // Where a member is that dials this node but cannot be dialled; none: it can, or it is not known.
  [[nodiscard]] std::optional<std::string> moved_to(NodeId peer) const;
  // A node without a cluster that has answered lately at the address of a member which has not been
  // connected for a while; none: there is no such node.
  [[nodiscard]] std::optional<NodeId> stranger_at_address_of(const raft::Member& member) const;

 private:
  struct Link;
  // A target and how its dialling goes.
  struct Dialled {
    NodeId expected;
    LinkId link;           // none: not dialled now
    bool is_self = false;  // never again
    unsigned failures = 0;
    base::Instant next_dial{};
    NodeId stranger;  // answered there instead, last at:
    base::Instant stranger_heard{};
  };
  struct Up {
    LinkId link;
    std::string remote_address;
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
  void process(const Down& down);
  void take_message(Link& link, WireMessage& message);
  void greet(Link& link, const Hello& hello);
  void greet_self(Link& link, const Hello& hello);
  void establish(Link& link, const Hello& hello);
  [[nodiscard]] std::optional<std::string> objection(const Link& link, const Hello& hello);
  void end_links_with_strangers();
  void note_stranger(const Link& link, const Hello& hello);
  [[nodiscard]] bool is_claimed_elsewhere(const Link& link, const Hello& hello);
  // `told`: to the other end, if that is not to know all of it.
  void refuse(Link& link, const std::string& why, const std::string& told = {});
  void refuse_outsider(Link& link, const Hello& hello);
  void make_room_for_strangers();
  [[nodiscard]] bool may_be_peer(const Hello& hello) const;
  [[nodiscard]] base::ClusterId cluster_for(const Link& link) const;
  void take_visit_message(Link& link, WireMessage& message);
  void greet_visit(Link& link, const Hello& hello);
  [[nodiscard]] bool is_removed(const Hello& hello) const;
  void tell_removal(Link& link);
  void take_removal(Link& link, const WireMessage& message);
  void tell_old_copy(Link& link, const Hello& hello, const Promise& promise);
  void take_old_copy(Link& link, const WireMessage& message);
  void take_announcement(Link& link, const WireMessage& message);
  void send_last_words(Link& link);
  // `why` empty: no line. `is_gone`: the driver told it, so there is nothing to close.
  void drop(LinkId id, const std::string& why, bool is_gone);
  void release_target(const Link& link);
  void redial_soon(NodeId peer);
  void tick_link(Link& link);
  void dial_due();
  void flush(ConsensusOutput& out);
  void expect_by(base::Instant at) { next_deadline_ = std::min(next_deadline_, at); }
  [[nodiscard]] std::string encoded_hello(const Link& link, bool is_visit = false) const;
  [[nodiscard]] Link* link_to(NodeId peer) const;
  [[nodiscard]] Link* find(LinkId id);
  [[nodiscard]] bool has_link(NodeId peer) const;
  void say_of_peer(std::string text);
  void say(LogLevel level, std::string text);

  Options options_;
  base::Prng prng_;
  base::ClusterId cluster_;
  std::set<NodeId> members_, newcomers_, committed_members_;
  LogIndex committed_version_;
  std::optional<LogIndex> own_version_;
  bool has_left_ = false;
  BirthStatus birth_;
  Holding holding_;
  Promises promises_;
  std::map<LinkId, std::unique_ptr<Link>> links_;
  std::map<std::string, Dialled> targets_;
  std::map<NodeId, PeerInfo> known_;
  std::vector<Input> inputs_;
  std::vector<PeerEvent> events_;
  std::uint64_t next_link_ = 1;
  LineLimiter limiter_;
  base::Instant now_{}, last_turn_{}, began_{};
  base::Instant next_deadline_{};
  std::vector<LogLine> lines_;  // of this turn
  std::vector<Dial> dials_;
  std::vector<LinkId> closes_;
  std::vector<LinkBytes> last_words_;  // on links about to be closed
};

}  // namespace node
