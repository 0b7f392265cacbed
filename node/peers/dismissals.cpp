#include "node/peers/dismissals.h"

#include <set>

namespace node {

// ---- who is no member any more ----

void Dismissals::on_committed(const raft::Membership& membership,
                              std::optional<LogIndex> own_version) {
  const std::set<NodeId> left = membership_.set_committed(membership, own_version);
  // The hello of one that left may be older than its cluster.
  const auto ended = links_.where([&](const PeerLink& link) {
    return link.is_established() &&
           (left.contains(link.hello.id) || membership_.is_removed(link.hello));
  });
  for (const LinkId id : ended) tell_removal(*links_.find(id));
}

void Dismissals::leave() {
  links_.set_targets({});
  membership_.leave();
  for (const LinkId id : links_.where([](const PeerLink& link) { return !link.is_visit; }))
    links_.drop(id, {});
}

void Dismissals::tell_removal(PeerLink& link) {
  link.outbox.push(WireKind::kRemoved,
                   encode_removal({.cluster = membership_.cluster(),
                                   .version = membership_.committed_version()}));
  links_.drop_with_last_words(link, "it was removed from the cluster");
}

void Dismissals::on_removal(const PeerLink& link, const WireMessage& message) {
  const auto removal = decode_removal(message.body);
  if (!removal) return links_.drop(link.id, "it sent a malformed message");
  if (membership_.is_news(*removal)) output_.tell(RemovalTold{link.hello.id, removal->version});
  links_.drop(link.id, "it says that this node was removed");
}

// ---- who comes back with less than it had ----

void Dismissals::tell_old_copy(PeerLink& link, const Hello& hello, const Promise& promise) {
  link.outbox.push(WireKind::kOldCopy, encode_promise(promise));
  links_.drop_with_last_words(
      link, short_name(hello.id) + " has come back with an older copy of its directory: it holds " +
                text_of(hello.holding) + ", and had promised " + text_of(promise));
}

void Dismissals::on_old_copy(const PeerLink& link, const WireMessage& message) {
  const auto promise = decode_promise(message.body);
  if (!promise) return links_.drop(link.id, "it sent a malformed message");
  if (membership_.is_member(link.hello.id)) output_.tell(OldCopyTold{link.hello.id, *promise});
  links_.drop(link.id, "it says that this node's directory is an older copy");
}

}  // namespace node
