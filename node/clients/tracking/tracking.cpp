#include "node/clients/tracking/tracking.h"

#include <utility>

#include "resp/reply_writer.h"

namespace node {
namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";

void write_keys(resp::ReplyWriter& reply, const std::vector<std::string_view>& keys, bool is_all) {
  if (is_all) return reply.null();
  reply.array(keys.size());
  for (const std::string_view key : keys) reply.bulk(key);
}

}  // namespace

// -- modes

void Tracking::turn_on(Session& session, TrackingMode mode) {
  TrackingMode& own = session.tracking;
  if (!own.is_on) ++clients_;
  std::set<std::string, std::less<>> prefixes = std::move(own.prefixes);
  if (mode.is_broadcast && mode.prefixes.empty()) mode.prefixes.emplace();
  for (const std::string& prefix : mode.prefixes) prefixes_[prefix].clients.insert(session.id);
  prefixes.merge(mode.prefixes);
  const bool has_caching = own.has_caching;
  own = std::move(mode);
  own.is_on = true;
  own.has_caching = has_caching;
  own.prefixes = std::move(prefixes);
}

void Tracking::turn_off(Session& session) {
  TrackingMode& own = session.tracking;
  if (!own.is_on) return;
  for (const std::string& name : own.prefixes) {
    const auto prefix = prefixes_.find(name);
    if (prefix == prefixes_.end()) continue;
    prefix->second.clients.erase(session.id);
    if (prefix->second.clients.empty()) prefixes_.erase(prefix);
  }
  own = {};
  --clients_;
}

Session* Tracking::client_of(std::int64_t id) const {
  constexpr std::uint64_t kConnectionMask = (1ULL << 40) - 1;
  if (id <= 0) return nullptr;
  Session* session =
      sessions_.find(base::ConnectionId(static_cast<std::uint64_t>(id) & kConnectionMask));
  return session != nullptr && client_id(self_, session->id) == id ? session : nullptr;
}

// -- keys

void Tracking::remember(const Session& session, std::string_view key) {
  auto place = keys_.find(key);
  if (place == keys_.end()) {
    place = keys_.try_emplace(std::string(key)).first;
    ++added_;
  }
  if (place->second.insert(session.id).second) ++items_;
}

// As in Redis, others are told of all that a command changed before its own client is: what both
// are told may go to one client (REDIRECT).
void Tracking::on_notes(const std::vector<engine::KeyNote>& notes, const Session* by) {
  std::vector<std::string_view> own;
  for (const engine::KeyNote& note : notes) {
    if (note.how == engine::KeyNote::How::kRead) {
      if (by != nullptr) remember(*by, note.key);
      continue;
    }
    if (!prefixes_.empty()) note_for_prefixes(note, by);
    const auto place = keys_.find(note.key);
    if (place == keys_.end()) continue;
    if (by != nullptr && place->second.erase(by->id) > 0) {
      --items_;
      if (!by->tracking.no_loop) own.push_back(note.key);
    }
    invalidate(place);
  }
  for (const std::string_view key : own) tell_of(by->id, key);
}

void Tracking::invalidate(Keys::iterator place) {
  const auto node = keys_.extract(place);
  items_ -= node.mapped().size();
  for (const base::ConnectionId id : node.mapped()) tell_of(id, node.key());
}

void Tracking::tell_of(base::ConnectionId id, std::string_view key) {
  Session* session = sessions_.find(id);
  if (session == nullptr || !session->tracking.is_on || session->tracking.is_broadcast) return;
  tell(*session, {key});
}

void Tracking::on_flushed() {
  keys_.clear();
  items_ = 0;
  for (auto& [name, prefix] : prefixes_) prefix.changed.clear();
  if (clients_ == 0) return;
  sessions_.for_each([this](Session& session) {
    if (session.tracking.is_on) tell(session, {}, true);
  });
}

void Tracking::note_for_prefixes(const engine::KeyNote& note, const Session* by) {
  const bool has_culprit = by != nullptr && note.how != engine::KeyNote::How::kChangedByNobody;
  for (auto& [name, prefix] : prefixes_) {
    if (!note.key.starts_with(name)) continue;
    prefix.changed[note.key] = has_culprit ? by->id : base::ConnectionId();
  }
}

void Tracking::tell_changes() {
  for (auto& [name, prefix] : prefixes_) {
    if (!prefix.changed.empty()) tell_prefix(prefix);
  }
}

void Tracking::finish_turn(std::uint64_t keys_max) {
  tell_changes();
  forget_beyond(keys_max);
}

void Tracking::tell_prefix(Prefix& prefix) {
  std::vector<std::string_view> all;
  for (const auto& [key, by] : prefix.changed) all.push_back(key);
  for (const base::ConnectionId id : prefix.clients) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    if (!session->tracking.no_loop) {
      tell(*session, all);
      continue;
    }
    std::vector<std::string_view> others;
    for (const auto& [key, by] : prefix.changed) {
      if (by != id) others.push_back(key);
    }
    if (!others.empty()) tell(*session, others);
  }
  prefix.changed.clear();
}

// Round and round through the keys, so that none is always the one that stays. As many go as came
// in the turn, so the table never grows beyond the bound; more go if the bound has been lowered.
void Tracking::forget_beyond(std::uint64_t keys_max) {
  constexpr std::uint64_t kPerTurn = 1000;
  std::uint64_t left = std::exchange(added_, 0) + kPerTurn;
  for (; keys_max > 0 && keys_.size() > keys_max && left > 0; --left) {
    auto place = keys_.upper_bound(cursor_);
    if (place == keys_.end()) place = keys_.begin();
    cursor_ = place->first;
    invalidate(place);
  }
}

void Tracking::tell(Session& session, const std::vector<std::string_view>& keys, bool is_all) {
  Session* target = &session;
  std::string text;
  const bool is_redirected = session.tracking.redirect != 0;  // perhaps to itself
  if (is_redirected) {
    target = client_of(session.tracking.redirect);
    if (target == nullptr) {
      session.tracking.is_redirect_lost = true;
      if (session.modes.version < 3) return;
      resp::ReplyWriter reply(text, session.modes.version);
      reply.push(2);
      reply.bulk("tracking-redir-broken");
      reply.integer(session.tracking.redirect);
      return outlet_.push(session, text);
    }
  }
  resp::ReplyWriter reply(text, target->modes.version);
  if (target->modes.version >= 3) {
    reply.push(2);
    reply.bulk("invalidate");
  } else if (is_redirected && target->subscriber.is_subscribed()) {
    reply.push(3);
    reply.bulk("message");
    reply.bulk(kChannel);
  } else {
    return;  // RESP2 knows no pushes
  }
  write_keys(reply, keys, is_all);
  outlet_.push(*target, text);
}

}  // namespace node
