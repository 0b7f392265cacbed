// The figures of memory: what they say is what is allocated, for every type and size, and what was
// removed is given back.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/keyspace/dense_table.h"
#include "engine/types/allocation.h"
#include "engine/types/hash.h"
#include "engine/types/list.h"
#include "engine/types/long_text.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "tests/engine/allocated.h"

namespace engine {
namespace {

constexpr PackedLimits kLimits{128, 64};

std::string member_of(std::size_t number, std::size_t size) {
  std::string member = std::to_string(number);
  if (member.size() < size) member.insert(0, size - member.size(), 'm');
  return member;
}

Value hash_of(std::size_t count, std::size_t size) {
  Hash hash(kNoSecret);
  for (std::size_t i = 0; i < count; ++i) hash.set(member_of(i, 10), member_of(i, size), kLimits);
  return std::move(hash).release();
}

Value expiring_hash_of(std::size_t count, std::size_t size) {
  Hash hash(kNoSecret);
  for (std::size_t i = 0; i < count; ++i) {
    hash.set(member_of(i, 10), member_of(i, size), kLimits);
    hash.set_time(member_of(i, 10), static_cast<std::int64_t>(1000 + i * 7919 % count));
  }
  return std::move(hash).release();
}

Value set_of(std::size_t count, std::size_t size) {
  Set set(kNoSecret);
  for (std::size_t i = 0; i < count; ++i) set.add(member_of(i, size), 512);
  return std::move(set).release();
}

Value sorted_set_of(std::size_t count, std::size_t size) {
  SortedSet set(kNoSecret);
  for (std::size_t i = 0; i < count; ++i)
    set.add(member_of(i, size), static_cast<double>(i * 7919 % count), kLimits);
  return std::move(set).release();
}

Value list_of(std::size_t count, std::size_t size) {
  List list;
  for (std::size_t i = 0; i < count; ++i)
    list.push(member_of(i, size), false, ListLimits::from_setting(-2));
  return std::move(list).release();
}

// Longer ones have pages of their own (base/growing_bytes.h), which operator new does not see.
Value text_of(std::size_t count, std::size_t size) {
  return Value::from_text(std::string(std::min(count * size, kPackedStringBytesMax), 't'), true);
}

struct Kind {
  const char* name;
  Value (*make)(std::size_t count, std::size_t size);
};

const Kind kKinds[] = {{"hash", hash_of}, {"hash with times", expiring_hash_of},
                       {"set", set_of},   {"sorted set", sorted_set_of},
                       {"list", list_of}, {"string", text_of}};

// No count is one at which a table moves to a larger index and has its former one besides.
TEST(Memory, AFigureIsWhatIsAllocatedForEveryTypeAndSize) {
  for (const Kind& kind : kKinds) {
    for (const std::size_t size : {10U, 70U, 100U, 380U, 500U, 514U, 3000U}) {
      for (const std::size_t count :
           {1U, 2U, 3U, 5U, 8U, 20U, 127U, 128U, 129U, 250U, 1000U, 9000U}) {
        if (count * size > 4'000'000) continue;
        const std::size_t before = allocated_bytes();
        const Entry entry("key", kind.make(count, size), kNoExpiry);
        const auto allocated = static_cast<double>(allocated_bytes() - before);
        const auto figure = static_cast<double>(entry.memory_bytes() - Entry::kTableBytes);
        EXPECT_GE(figure, allocated * 0.88 - 32) << kind.name << ' ' << count << " of " << size;
        EXPECT_LE(figure, allocated * 1.12 + 32) << kind.name << ' ' << count << " of " << size;
      }
    }
  }
}

// 12 bytes of header, 12 of an expiry.
TEST(Memory, AKeyAndAShortValueTakeOneBlockOrTwoWhateverIsLess) {
  std::size_t beside = 0;
  for (const std::size_t key : {1U, 11U, 24U, 300U}) {
    for (const std::int64_t expiry_ms : {kNoExpiry, std::int64_t{1}}) {
      for (std::size_t size = 1; size <= kPackedStringBytesMax; ++size) {
        const std::size_t front = 12 + key + (expiry_ms == kNoExpiry ? 0 : 12);
        const std::size_t before = allocated_bytes();
        const Entry entry(std::string(key, 'k'), Value::from_string(std::string(size, 'v')),
                          expiry_ms);
        const std::size_t allocated = allocated_bytes() - before;
        const std::size_t one = allocation_bytes(front + size);
        const std::size_t two = allocation_bytes(front + 8) + allocation_bytes(size);
        ASSERT_EQ(allocated, one > 256 ? std::min(one, two) : one) << key << ' ' << size;
        const std::size_t of_table =
            Entry::kTableBytes + (entry.has_expiry() ? Entry::kExpiringBytes : 0);
        ASSERT_EQ(entry.memory_bytes(), allocated + of_table) << key << ' ' << size;
        ASSERT_EQ(entry.value().string(), std::string(size, 'v'));
        if (allocated < one) ++beside;
      }
    }
  }
  EXPECT_GT(beside, 500U);
}

TEST(Memory, ATableIsWhatIsAllocated) {
  for (const std::uint64_t count : {2000U, 20'000U, 60'000U}) {
    const std::size_t before = allocated_bytes();
    DenseTable table;
    for (std::uint64_t i = 0; i < count; ++i)
      table.insert("key:" + std::to_string(i), Value::from_text("value", false), kNoExpiry);
    const auto allocated = static_cast<double>(allocated_bytes() - before);
    EXPECT_NEAR(static_cast<double>(table.memory_bytes()), allocated, allocated * 0.12) << count;
  }
}

// ---- what goes is given back ----

TEST(Memory, ATableThatHasShrunkKeepsNoLargeIndex) {
  const std::size_t before = allocated_bytes();
  DenseTable table;
  constexpr std::uint64_t kCount = 100'000, kLeft = 100;
  for (std::uint64_t i = 0; i < kCount; ++i)
    table.insert("key:" + std::to_string(i), Value::from_integer(1), kNoExpiry);
  for (std::uint64_t i = kLeft; i < kCount; ++i) {
    table.remove(table.find("key:" + std::to_string(i)));
    table.close_holes([](auto) {});
  }
  for (std::uint64_t i = 0; i < kLeft; ++i)
    ASSERT_NE(table.find("key:" + std::to_string(i)), DenseTable::kNone);
  // The list of holes, the directories of chunks and two chunks of entries stay.
  EXPECT_LT(allocated_bytes() - before, 40'000U);
}

TEST(Memory, ACollectionThatHasShrunkIsSmallAgain) {
  DenseSortedSet set(kNoSecret);
  constexpr std::size_t kCount = 100'000, kLeft = 20;
  const std::size_t before = allocated_bytes();
  for (std::size_t i = 0; i < kCount; ++i) set.add(member_of(i, 70), static_cast<double>(i));
  for (std::size_t i = kLeft; i < kCount; ++i) {
    set.remove_member(set.table().find(member_of(i, 70)));
    set.end_step();
  }
  for (std::size_t i = 0; i < kLeft; ++i)
    ASSERT_NE(set.table().find(member_of(i, 70)), DenseSortedSet::kNone);
  EXPECT_LT(allocated_bytes() - before, 2 * set.memory_bytes());
}

}  // namespace
}  // namespace engine
