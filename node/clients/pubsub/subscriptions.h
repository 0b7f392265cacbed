// Who has subscribed to what on this node: for each channel, pattern and shard channel the
// sessions, for each session its names (Session::subscriber). Invariant: both say the same, and no
// name stands here without a session. Sessions must be forgotten before they are destroyed. To
// subscribe and to unsubscribe costs O(log names); whom a message goes to is found in that and the
// patterns that begin as its channel does. Thread: service.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/clients/pubsub/pattern_index.h"
#include "node/clients/session.h"

namespace node {

class Subscriptions {
 public:
  using Audience = std::vector<Session*>;
  using Name = std::pair<ChannelKind, std::string>;

  // False: it has already (or has not).
  bool add(Session& session, ChannelKind kind, std::string_view name);
  bool remove(Session& session, ChannelKind kind, std::string_view name);
  void forget(Session& session);

  // Of a channel or a shard channel; nullptr: nobody.
  [[nodiscard]] const Audience* find(ChannelKind kind, std::string_view name) const;
  [[nodiscard]] std::size_t sessions(ChannelKind kind, std::string_view name) const;
  // For each pattern that the channel matches.
  template <class Visit>
  void for_each_match(std::string_view channel, Visit visit) const {
    if (patterns_.size() > 0) patterns_.for_each_match(channel, visit);
  }
  // All names of that kind with their sessions, ordered.
  template <class Visit>
  void for_each(ChannelKind kind, Visit visit) const {
    if (kind == ChannelKind::kPattern) return patterns_.for_each(visit);
    for (const auto& [name, audience] : table(kind)) visit(name, audience);
  }
  [[nodiscard]] std::size_t count(ChannelKind kind) const {
    return kind == ChannelKind::kPattern ? patterns_.size() : table(kind).size();
  }
  [[nodiscard]] bool empty() const {
    return channels_.empty() && shards_.empty() && patterns_.size() == 0;
  }
  // Names whose number of sessions has changed since the last call.
  [[nodiscard]] std::set<Name> take_changed() { return std::exchange(changed_, {}); }
  [[nodiscard]] bool has_changed() const { return !changed_.empty(); }

 private:
  using Table = std::map<std::string, Audience, std::less<>>;
  [[nodiscard]] Table& table(ChannelKind kind) {
    return kind == ChannelKind::kShard ? shards_ : channels_;
  }
  [[nodiscard]] const Table& table(ChannelKind kind) const {
    return kind == ChannelKind::kShard ? shards_ : channels_;
  }
  [[nodiscard]] Audience& audience(ChannelKind kind, std::string_view name);
  void leave(Audience& audience, ChannelKind kind, std::string_view name, std::size_t place);

  Table channels_, shards_;
  PatternIndex<Audience> patterns_;
  std::set<Name> changed_;
};

}  // namespace node
