// The peer links that there are: how one begins, how long it may be silent, and how it ends, for
// whatever reason. It knows no greeting. Invariants: a link that this node ends is closed by the
// driver, once; a target whose link has ended is dialled again; of a peer whose last link has ended
// that is told, once. Thread: consensus.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/peers/dial_plan.h"
#include "node/peers/known_peers.h"
#include "node/peers/link.h"
#include "node/peers/link_output.h"
#include "node/peers/membership.h"

namespace node {

class LinkTable {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    const PeerMembership& membership;
    DialPlan& plan;
    KnownPeers& known;
    LinkOutput& output;
  };
  explicit LinkTable(const Parts& parts);

  // ---- time ----
  // Whoever was heard since the last turn was heard now.
  void begin_turn(base::Instant now);
  [[nodiscard]] base::Instant now() const { return now_; }
  // Closes what timed out, dials, and hands out bytes.
  void finish_turn(base::Instant now, ConsensusOutput& out);
  [[nodiscard]] base::Instant next_deadline() const { return next_deadline_; }

  // ---- which there are ----
  [[nodiscard]] std::size_t size() const { return links_.size(); }
  // nullptr: there is none.
  [[nodiscard]] PeerLink* find(LinkId id) const;
  // The link this node dialled, else the newest the peer dialled; nullptr: none is established.
  [[nodiscard]] PeerLink* link_to(NodeId peer) const;
  [[nodiscard]] bool has_link(NodeId peer) const;
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, link] : links_) visit(*link);
  }
  // For whoever is about to end them.
  template <class Predicate>
  [[nodiscard]] std::vector<LinkId> where(Predicate predicate) const {
    std::vector<LinkId> ids;
    for (const auto& [id, link] : links_) {
      if (predicate(*link)) ids.push_back(id);
    }
    return ids;
  }
  // What frames to its other end say: a stranger learns nothing of the cluster.
  [[nodiscard]] base::ClusterId cluster_for(const PeerLink& link) const {
    return link.is_trusted ? membership_.cluster() : base::ClusterId();
  }

  // ---- how one begins ----
  void accept(LinkId id, std::string_view remote_address);
  [[nodiscard]] LinkId dial_visit(const std::string& address);
  void set_targets(const std::vector<DialTarget>& targets);

  // ---- how one ends: the link is gone afterwards ----
  // `why` empty: no line.
  void drop(LinkId id, const std::string& why) { end(id, why, false); }
  // The driver told it, so there is nothing to close.
  void on_down(LinkId id, const std::string& reason) { end(id, reason, true); }
  // What its outbox holds leaves before it is closed.
  void drop_with_last_words(PeerLink& link, const std::string& why);
  // `told`: to the other end, if that is not to know all of it.
  void refuse(PeerLink& link, const std::string& why, const std::string& told = {});

  // A member's coming and going is always said, a stranger's not each time.
  void say_of_peer(std::string text);

 private:
  void end(LinkId id, const std::string& why, bool is_gone);
  void say_end(const PeerLink& link, const std::string& why, bool is_gone);
  void release_target(const PeerLink& link);
  void end_links_with_strangers();
  PeerLink& open(const std::string& address);
  void dial_due();
  void tick(PeerLink& link);
  void send_waiting(ConsensusOutput& out);
  void expect_by(base::Instant at) { next_deadline_ = std::min(next_deadline_, at); }

  const PeerMembership& membership_;
  DialPlan& plan_;
  KnownPeers& known_;
  LinkOutput& output_;
  std::map<LinkId, std::unique_ptr<PeerLink>> links_;
  std::uint64_t next_link_ = 1;
  base::Instant now_{}, last_turn_{};
  base::Instant next_deadline_{};
};

}  // namespace node
