#include "node/clients/pubsub/subscriptions.h"

#include "base/check.h"

namespace node {

Subscriptions::Audience& Subscriptions::audience(ChannelKind kind, std::string_view name) {
  if (kind == ChannelKind::kPattern) return patterns_.at(name);
  Table& names = table(kind);
  const auto found = names.find(name);
  return found != names.end() ? found->second : names[std::string(name)];
}

const Subscriptions::Audience* Subscriptions::find(ChannelKind kind, std::string_view name) const {
  CHECK(kind != ChannelKind::kPattern);
  const auto found = table(kind).find(name);
  return found == table(kind).end() ? nullptr : &found->second;
}

std::size_t Subscriptions::sessions(ChannelKind kind, std::string_view name) const {
  const Audience* found = kind == ChannelKind::kPattern ? patterns_.find(name) : find(kind, name);
  return found == nullptr ? 0 : found->size();
}

bool Subscriptions::add(Session& session, ChannelKind kind, std::string_view name) {
  Subscriber::Places& places = session.subscriber.of(kind);
  if (places.contains(name)) return false;
  Audience& all = audience(kind, name);
  places.emplace(name, all.size());
  all.push_back(&session);
  changed_.emplace(kind, name);
  return true;
}

bool Subscriptions::remove(Session& session, ChannelKind kind, std::string_view name) {
  Subscriber::Places& places = session.subscriber.of(kind);
  const auto found = places.find(name);
  if (found == places.end()) return false;
  leave(audience(kind, name), kind, name, found->second);
  changed_.emplace(kind, name);
  places.erase(found);
  return true;
}

// The last one takes the place that is left free.
void Subscriptions::leave(Audience& all, ChannelKind kind, std::string_view name,
                          std::size_t place) {
  CHECK(place < all.size());
  Session* last = all.back();
  all.pop_back();
  if (place < all.size()) {
    all[place] = last;
    last->subscriber.of(kind).find(name)->second = place;
  }
  if (!all.empty()) return;
  if (kind == ChannelKind::kPattern) return patterns_.erase(name);
  table(kind).erase(table(kind).find(name));
}

void Subscriptions::forget(Session& session) {
  for (const ChannelKind kind :
       {ChannelKind::kChannel, ChannelKind::kPattern, ChannelKind::kShard}) {
    Subscriber::Places& places = session.subscriber.of(kind);
    while (!places.empty()) remove(session, kind, std::string(places.begin()->first));
  }
}

}  // namespace node
