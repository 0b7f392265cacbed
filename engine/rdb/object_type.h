// What an object is, by its first byte in RDB (Redis 7.0, RDB version 10, and before).
#pragma once

#include <cstdint>

namespace engine::rdb {

inline constexpr std::uint16_t kVersion = 10;

enum class ObjectType : std::uint8_t {
  kString = 0,
  kList = 1,       // elements one by one, before Redis 3.2
  kSet = 2,        // members one by one
  kSortedSet = 3,  // with scores as text, before Redis 4.0
  kHash = 4,       // fields and values one by one
  kSortedSet2 = 5,
  kHashZipmap = 9,  // before Redis 2.6
  kListZiplist = 10,
  kSetIntset = 11,
  kSortedSetZiplist = 12,  // before Redis 7.0, like the other ziplists
  kHashZiplist = 13,
  kListQuicklist = 14,  // nodes are ziplists
  kStream = 15,         // before Redis 7.0: without the counters of what was ever added
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListQuicklist2 = 18,  // nodes are listpacks or plain elements
  kStream2 = 19,
};

// Of a node of kListQuicklist2.
enum class NodeContainer : std::uint8_t { kPlain = 1, kPacked = 2 };

}  // namespace engine::rdb
