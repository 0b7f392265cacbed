// Claims: whatever bytes come as the rows of a dense hash, set, sorted set, stream or long string,
// looking whether they are right never reads outside them; a collection that is accepted gives rows
// that are accepted and the same again, and can be read, changed and freed. (Lists: list_fuzz.cpp.)
//
// Input: a byte that says which type, then pieces behind their lengths in two bytes: the head, then
// the segments from 0 on; an empty piece is no segment.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/types/hash.h"
#include "engine/types/long_text.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "engine/types/stream.h"

namespace {

using engine::Collection;
using engine::Type;

std::vector<std::string_view> pieces_of(std::string_view input) {
  std::vector<std::string_view> pieces;
  while (input.size() >= 2) {
    const std::size_t size =
        static_cast<std::uint8_t>(input[0]) + 256U * static_cast<std::uint8_t>(input[1]);
    pieces.push_back(input.substr(2, size));
    input.remove_prefix(std::min(input.size(), 2 + size));
  }
  return pieces;
}

bool load(Collection& collection, const std::vector<std::string_view>& pieces) {
  if (pieces.empty() || !collection.load_head(pieces[0])) return false;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (!pieces[i].empty() && !collection.load_segment(i - 1, pieces[i])) return false;
  }
  return collection.finish_load();
}

std::vector<std::string> rows_of(const Collection& collection) {
  std::vector<std::string> rows(1);
  collection.encode_head(rows[0]);
  for (std::uint64_t segment = 0; segment < collection.segment_end(); ++segment)
    rows.push_back(collection.encode_segment(segment));
  return rows;
}

void check_rows(const Collection& collection) {
  const auto rows = rows_of(collection);
  const auto again = engine::make_collection(collection.type(), engine::kNoSecret);
  CHECK(load(*again, {rows.begin(), rows.end()}));
  CHECK(rows_of(*again) == rows);
  CHECK(again->count() == collection.count());
}

// ---- changes ----

void change(engine::DenseHash& hash) {
  const std::uint64_t size = hash.table().size();
  static_cast<void>(hash.next_time(0));
  for (std::uint64_t i = 0; i < size; ++i) {
    if (i % 3 == 0) hash.remove(i);
    if (i % 3 == 1) hash.set(i, "value", i % 2 == 0 ? 0 : static_cast<std::int64_t>(1000 + i));
  }
  hash.end_step();
  if (hash.count() > 0) check_rows(hash);
  CHECK(hash.expired_count(INT64_MAX) <= hash.count());
  hash.drop_expired(1010, 5);
  hash.end_step();
  const std::string field = "not there, or hardly";
  if (hash.table().find(field) == engine::DenseHash::kNone) hash.insert(field, "value");
}

template <class T>
void change_table(T& table) {
  const std::uint64_t size = table.table().size();
  for (std::uint64_t i = 0; i < size; i += 3) table.remove(i);
  table.end_step();
  CHECK(table.count() == size - (size + 2) / 3);
  const std::string member = "not there, or hardly";
  if (table.table().find(member) == T::kNone) table.insert(member, "value", 1);
}

void change(engine::DenseSortedSet& set) {
  CHECK(set.tree().count() == set.count());
  const std::uint64_t size = set.table().size();
  for (std::uint64_t i = 0; i < size; ++i)
    i % 3 == 0 ? set.remove_member(i) : set.set_score(i, static_cast<double>(i));
  set.end_step();
  CHECK(set.tree().count() == set.count());
  set.tree().visit(0, UINT64_MAX, false, [&](auto position) {
    CHECK(!set.table().is_hole(position));
    return true;
  });
}

void change_groups(engine::Stream& stream) {
  std::vector<std::string> names;
  for (const auto& [name, slot] : stream.group_slots()) names.push_back(name);
  for (const std::string& name : names) {
    engine::StreamGroup& group = *stream.edit_group(name);
    engine::StreamConsumer& consumer = group.consumer("somebody else", 5);
    std::vector<engine::StreamId> pending;
    for (const auto& [id, entry] : group.pending()) pending.push_back(id);
    for (std::size_t i = 0; i < pending.size(); ++i) {
      if (i % 2 == 0) CHECK(group.acknowledge(pending[i]));
      if (i % 2 == 1) group.assign(pending[i], consumer);
    }
    group.assign({3, 3}, consumer);
  }
  check_rows(stream);
  for (std::size_t i = 0; i < names.size(); i += 2) CHECK(stream.remove_group(names[i]));
}

void change(engine::Stream& stream) {
  std::vector<engine::StreamId> ids;
  stream.visit({}, engine::StreamId::highest(), false, [&](const engine::StreamEntry& entry) {
    CHECK(ids.empty() || ids.back() < entry.id);
    ids.push_back(entry.id);
    entry.for_each([](std::string_view, std::string_view) {});
    return true;
  });
  CHECK(ids.size() == stream.count());
  change_groups(stream);
  for (std::size_t i = 0; i < ids.size(); i += 3) CHECK(stream.remove(ids[i]));
  stream.refresh_first_id();
  const std::vector<std::string_view> words = {"field", "value"};
  if (const auto next = stream.last_id().next()) stream.add(*next, words, {4096, 100});
  check_rows(stream);
  stream.trim({.by = engine::StreamTrim::By::kLength, .length = stream.count() / 2});
}

void change(engine::LongText& text) {
  const std::size_t size = text.view().size();
  text.write(size / 2, "x");
  text.append("behind");
  CHECK(text.view().size() == size + 6 && text.view()[size / 2] == 'x');
  check_rows(text);
  text.resize(size / 2 + 1);
}

template <class T, class Change>
void check(engine::Type type, const std::vector<std::string_view>& pieces, Change change_it) {
  const auto made = engine::make_collection(type, engine::kNoSecret);
  auto& collection = static_cast<T&>(*made);
  if (!load(collection, pieces)) return;
  check_rows(collection);
  static_cast<void>(collection.memory_bytes());
  change_it(collection);
  if (collection.count() > 0) check_rows(collection);
  const auto copy = collection.copy();
  CHECK(copy->count() == collection.count());
  while (!copy->free_some(2)) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto pieces = pieces_of({reinterpret_cast<const char*>(data) + 1, size - 1});
  switch (data[0] % 5) {
    case 0: check<engine::DenseHash>(Type::kHash, pieces, [](auto& hash) { change(hash); }); break;
    case 1:
      check<engine::DenseSet>(Type::kSet, pieces, [](auto& set) { change_table(set); });
      break;
    case 2:
      check<engine::DenseSortedSet>(Type::kSortedSet, pieces, [](auto& set) { change(set); });
      break;
    case 3: check<engine::LongText>(Type::kString, pieces, [](auto& text) { change(text); }); break;
    default: check<engine::Stream>(Type::kStream, pieces, [](auto& stream) { change(stream); });
  }
  return 0;
}
