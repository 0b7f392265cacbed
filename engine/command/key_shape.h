// Key shapes: the ten or so ways in which the keys of a call stand among its words, each by a name
// that a command's row uses. A shape is one to three key specifications of Redis 7.0 (what COMMAND
// INFO shows and GETKEYS goes by) and the three numbers of older clients: first key, last key,
// step.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace engine {

// How a command uses a key, in the words of COMMAND INFO.
inline constexpr std::string_view kKeyLook = "RO";           // whether it is there, or what it is
inline constexpr std::string_view kKeyRead = "RO access";    // its content is answered
inline constexpr std::string_view kKeyTouch = "RW access";   // the same, but bytes may change
inline constexpr std::string_view kKeyUpdate = "RW update";  // changed after what is there
inline constexpr std::string_view kKeyInsert = "RW insert";  // something is added
inline constexpr std::string_view kKeyDelete = "RW delete";  // something of it is removed
inline constexpr std::string_view kKeyTake = "RW access delete";
inline constexpr std::string_view kKeyReadUpdate = "RW access update";
inline constexpr std::string_view kKeyReadInsert = "RW access insert";
inline constexpr std::string_view kKeyOverwrite = "OW update";
inline constexpr std::string_view kKeyCreate = "OW insert";
inline constexpr std::string_view kKeyRemove = "RM delete";  // the key itself goes
inline constexpr std::string_view kNotKey = "not_key";  // a shard channel: only its slot counts
// Each call says which: the row has a `key_use`.
inline constexpr std::string_view kKeyVaries = "RW access update variable_flags";

struct KeySpec {
  enum class Begin : std::uint8_t { kUnknown, kIndex, kKeyword };
  enum class Find : std::uint8_t { kUnknown, kRange, kKeynum };
  std::string_view use = {};      // separated by blanks, as COMMAND INFO names them
  std::string_view notes = {};    // for people; shown by COMMAND INFO
  std::string_view keyword = {};  // kKeyword
  Begin begin = Begin::kUnknown;
  Find find = Find::kUnknown;
  int index = 0;       // kIndex
  int start_from = 0;  // kKeyword
  int last_key = 0;    // kRange: relative to the first key; negative: from the end
  int key_step = 1;
  int limit = 0;              // kRange
  bool may_be_empty = false;  // kRange: an empty word there is no key
  int keynum_index = 0;       // kKeynum
  int first_key = 0;          // kKeynum
};

struct KeyShape {
  std::array<KeySpec, 3> specs = {};
  std::size_t count = 0;
  int first_key = 0, last_key = 0, key_step = 0;

  [[nodiscard]] constexpr std::span<const KeySpec> used() const { return {specs.data(), count}; }
  // With one more key specification; the three numbers stay.
  [[nodiscard]] constexpr KeyShape with(KeySpec spec) const {
    KeyShape more = *this;
    more.specs[more.count++] = spec;
    return more;
  }
  // With a note at the last key specification.
  [[nodiscard]] constexpr KeyShape noted(std::string_view notes) const {
    KeyShape more = *this;
    more.specs[more.count - 1].notes = notes;
    return more;
  }
  // With keys that only the command itself can find: a row's `more_key`, or what values name.
  [[nodiscard]] constexpr KeyShape with_hidden(std::string_view use, std::string_view notes) const {
    return with({.use = use, .notes = notes});
  }
};

namespace key_shapes {

constexpr KeySpec range(std::string_view use, int first, int last, int step = 1) {
  return {.use = use,
          .begin = KeySpec::Begin::kIndex,
          .find = KeySpec::Find::kRange,
          .index = first,
          .last_key = last,
          .key_step = step};
}
constexpr KeySpec counted(std::string_view use, int index) {
  return {.use = use,
          .begin = KeySpec::Begin::kIndex,
          .find = KeySpec::Find::kKeynum,
          .index = index,
          .first_key = 1};
}
constexpr KeySpec behind(std::string_view use, std::string_view keyword, int start_from, int last,
                         int limit) {
  return {.use = use,
          .keyword = keyword,
          .begin = KeySpec::Begin::kKeyword,
          .find = KeySpec::Find::kRange,
          .start_from = start_from,
          .last_key = last,
          .limit = limit};
}

}  // namespace key_shapes

// None: the command has no keys.
inline constexpr KeyShape kNoKeys = {};

// One key: the word at `index`.
constexpr KeyShape one_key(std::string_view use, int index = 1) {
  return {{key_shapes::range(use, index, 0)}, 1, index, index, 1};
}
// Two keys, each used in its own way.
constexpr KeyShape two_keys(std::string_view first, std::string_view second) {
  return {{key_shapes::range(first, 1, 0), key_shapes::range(second, 2, 0)}, 2, 1, 2, 1};
}
// Two keys, both used alike.
constexpr KeyShape pair_of_keys(std::string_view use) {
  return {{key_shapes::range(use, 1, 1)}, 1, 1, 2, 1};
}
// All words.
constexpr KeyShape all_keys(std::string_view use) {
  return {{key_shapes::range(use, 1, -1)}, 1, 1, -1, 1};
}
// All words but the last, which is a timeout.
constexpr KeyShape keys_but_last(std::string_view use) {
  return {{key_shapes::range(use, 1, -2)}, 1, 1, -2, 1};
}
// Keys and values in turn.
constexpr KeyShape keys_and_values(std::string_view use) {
  return {{key_shapes::range(use, 1, -1, 2)}, 1, 1, -1, 2};
}
// A target, the word at `index`, and sources to the end.
constexpr KeyShape target_and_keys(std::string_view target, std::string_view use, int index = 1) {
  return {{key_shapes::range(target, index, 0), key_shapes::range(use, index + 1, -1)},
          2,
          index,
          -1,
          1};
}
// The word at `index` says how many keys follow it.
constexpr KeyShape counted_keys(std::string_view use, int index = 1) {
  return {{key_shapes::counted(use, index)}, 1, 0, 0, 0};
}
// A target, and behind it a count and so many sources.
constexpr KeyShape target_and_counted_keys(std::string_view target, std::string_view use) {
  return {{key_shapes::range(target, 1, 0), key_shapes::counted(use, 2)}, 2, 1, 1, 1};
}
// Behind the word STREAMS, looked for from the word at `start_from`: keys, then as many ids.
constexpr KeyShape keys_behind_streams(int start_from) {
  return {{key_shapes::behind(kKeyRead, "STREAMS", start_from, -1, 2)}, 1, 0, 0, 0};
}
// One key, and the target behind STORE or STOREDIST, looked for from the word at `start_from`.
constexpr KeyShape key_and_stores(int start_from) {
  return one_key(kKeyRead)
      .with(key_shapes::behind(kKeyOverwrite, "STORE", start_from, 0, 0))
      .with(key_shapes::behind(kKeyOverwrite, "STOREDIST", start_from, 0, 0));
}

}  // namespace engine
