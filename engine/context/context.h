// What a command's function sees: its words, its database, the time, the reply, and the keyspace
// through lookups that know about expiry. A command file is small functions on these.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.h"
#include "engine/command/arguments.h"
#include "engine/command/errors.h"
#include "engine/context/growth.h"
#include "engine/context/read_context.h"
#include "engine/elements/effects.h"
#include "engine/state/state.h"
#include "engine/types/long_text.h"

namespace engine {

// What a command that may block asks for, when it is told that it may.
struct BlockRequest {
  bool is_set = false;
  base::UnixMillis deadline_ms = 0;  // 0: none
  std::vector<std::string> keys;
};

// What WriteContext::edit has left behind.
enum class Edited : std::uint8_t { kUnchanged, kChanged, kEmptied };

class WriteContext : public ReadContext {
 public:
  WriteContext(State& state, Arguments argv, std::uint32_t database, std::uint64_t seed,
               resp::ReplyWriter& reply, Effects& effects)
      : ReadContext(state, argv, database, state.time_ms, false, seed, reply),
        mutable_(state),
        effects_(effects) {
    if (effects.is_observed()) observe(observer_of(effects));
  }

  [[nodiscard]] State& mutable_state() { return mutable_; }
  [[nodiscard]] Effects& effects() { return effects_; }
  // The same with other words, for a command that another one carries out.
  [[nodiscard]] WriteContext with_arguments(Arguments argv) {
    return {mutable_, argv, database_, prng_.next(), reply_, effects_};
  }
  // Deletes the key first if it is past its time. Does not count as hit or miss.
  [[nodiscard]] const Entry* find_for_write(std::string_view key);
  [[nodiscard]] const Entry* find_for_write_in(std::uint32_t database, std::string_view key);

  // As find_of. Does not count as hit or miss.
  [[nodiscard]] Found find_of_for_write(std::string_view key, Type type);

  void drop_if_expired(std::string_view key) { static_cast<void>(find_for_write(key)); }

  // Creates or overwrites; an existing key keeps its position. `expiry_ms`: kNoExpiry for none.
  void put(std::string_view key, Value value, std::int64_t expiry_ms) {
    put_in(database_, key, std::move(value), expiry_ms);
  }
  void put_in(std::uint32_t database, std::string_view key, Value value, std::int64_t expiry_ms);
  // Replaces the value of a key that is there, its expiry stays.
  void replace(std::string_view key, Value value);
  // Changes a collection: `edit(T&)` says whether it changed anything. T is made from a Value&& and
  // has `Value release() &&` and `bool is_empty()`; the key must be there and of T's type; its
  // value is out of its entry meanwhile. Watches are broken if something changed; a key whose
  // collection is left empty is removed. Events are the caller's to notify, "del" too.
  template <class T, class Edit>
  Edited edit(std::string_view key, Edit edit) {
    return edit_in<T>(database_, key, std::move(edit));
  }
  template <class T, class Edit>
  Edited edit_in(std::uint32_t database, std::string_view key, Edit edit);
  // Takes a value from its key, which is removed, on its way to `to_database`.
  [[nodiscard]] Value take(std::string_view key, std::uint32_t to_database);
  // Changes a short string; the key must be there. `edit` is called with a copy of its bytes and
  // says whether it changed anything. For long ones there is edit<TextEdit>.
  template <class Edit>
  void edit_string_if(std::string_view key, Edit edit) {
    this->edit<TextEdit>(key, [&](TextEdit& text) {
      std::string bytes(text.view());
      const bool is_changed = edit(bytes);
      text.resize(bytes.size());
      text.write(0, bytes);
      return is_changed;
    });
  }
  template <class Edit>
  void edit_string(std::string_view key, Edit edit) {
    edit_string_if(key, [&](std::string& bytes) { return edit(bytes), true; });
  }
  // The string stays what it is but is no longer embedded or a number; breaks no watch.
  void make_raw(std::string_view key) {
    edit<TextEdit>(key, [](TextEdit&) { return false; });
  }
  // False if the key is not there.
  bool remove(std::string_view key) { return remove_in(database_, key); }
  bool remove_in(std::uint32_t database, std::string_view key);
  void set_expiry(std::string_view key, std::int64_t expiry_ms);
  // Of a key that was just put: how long it has not been used, or how often it is
  // (engine/keyspace/access.h).
  void note_access(std::string_view key, std::optional<std::int64_t> idle_s,
                   std::optional<std::int64_t> frequency);

  // ---- growth (DESIGN decision 25) ----
  // How many bytes more this element of the log may add to the data. Asked, before anything is
  // changed, by commands that can add much more than they were sent.
  [[nodiscard]] std::uint64_t growth_left() const { return mutable_.growth_left(); }
  // Whether it may add so many; if not, the error is written.
  [[nodiscard]] bool may_grow(std::uint64_t bytes) {
    if (bytes <= growth_left()) return true;
    error(errors::kGrowthTooLarge);
    return false;
  }

  // ---- blocking (DESIGN decision 5) ----
  // From now on the command may wait instead of answering; `only_key`: it is carried out for a
  // client that waited, because that key is ready.
  void allow_blocking(BlockRequest& request, const std::string* only_key = nullptr) {
    block_request_ = &request;
    only_key_ = only_key;
  }
  // Whether a command over several keys is to look at this one.
  [[nodiscard]] bool tries(std::string_view key) const {
    return only_key_ == nullptr || *only_key_ == key;
  }
  [[nodiscard]] bool may_wait() const { return block_request_ != nullptr; }
  [[nodiscard]] bool is_serving() const { return only_key_ != nullptr; }
  // Nothing to give: waits for one of the arguments first..end-1, or answers null where nobody
  // waits. `timeout_ms` 0: for ever.
  void wait_for(std::size_t first, std::size_t end, std::int64_t timeout_ms);

  // Keyspace event for subscribers; classes as in notify-keyspace-events: 'g' generic, '$' string,
  // 'x' expired ...
  void notify(char event_class, std::string_view event, std::string_view key) {
    notify_in(database_, event_class, event, key);
  }
  void notify_in(std::uint32_t database, char event_class, std::string_view event,
                 std::string_view key);
  // The key changed: watches of it are broken.
  void signal(std::uint32_t database, std::string_view key);
  // Something was added to a stream, or a group is gone from it: those who wait are looked at. A
  // key that is new, gone or overwritten needs no such call.
  void note_arrival(std::string_view key) { mutable_.note_arrival(database_, key); }

  // What changes from now on is changed by no client.
  void blame_nobody() { change_ = KeyNote::How::kChangedByNobody; }
  // Deletes a key that is past its time, with its event.
  void expire(std::uint32_t database, std::string_view key);
  // Deletes up to so many expired fields of a hash, the earliest first, with their events.
  void sweep(std::string_view key, std::uint64_t count_max);
  // Deletes a key because memory is short, with its event.
  void evict(std::string_view key);

 private:
  // Also: it is new, gone or holds another value.
  void signal_whole(std::uint32_t database, std::string_view key);

  State& mutable_;
  Effects& effects_;
  BlockRequest* block_request_ = nullptr;
  const std::string* only_key_ = nullptr;
  KeyNote::How change_ = KeyNote::How::kChanged;  // what a change is now
};

template <class T, class Edit>
Edited WriteContext::edit_in(std::uint32_t database, std::string_view key, Edit edit) {
  Keyspace& keyspace = mutable_.database(database);
  const auto position = keyspace.position(key);
  bool is_changed = false, is_empty = false;
  keyspace.edit_value(position, [&](Value& value) {
    T owner = [&] {
      if constexpr (std::is_constructible_v<T, Value&&, const HashSecret&>) {
        return T(std::move(value), hash_secret());
      } else {
        return T(std::move(value));
      }
    }();
    is_changed = edit(owner);
    is_empty = owner.is_empty();
    value = std::move(owner).release();
    if (value.collection() != nullptr) mutable_.note_step(std::get<CollectionRef>(value.content()));
  });
  if (is_empty) {
    remove_in(database, key);
    return Edited::kEmptied;
  }
  if (!is_changed) return Edited::kUnchanged;
  mutable_.digest_entry(keyspace.table().at(position));
  signal(database, key);
  return Edited::kChanged;
}

}  // namespace engine
